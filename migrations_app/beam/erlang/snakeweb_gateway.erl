%% A way to a session store (see snakeweb_forwarder.erl): a snakeweb-gateway, which follows the route, over HTTP.
%% Settings: `url`, without a slash at its end, and the bearer `token`.
-module(snakeweb_gateway).

-export([read/2, exists/2, create/4, replace/5, touch/2, delete/2, refuses/1, close/0]).

read(Settings, Id) ->
    case request(get, Id, [], none, Settings) of
        {200, Headers, Value} -> {Value, length_in(Headers), header("etag", Headers)};
        {404, _, _} -> missing;
        {Status, _, _} -> throw({store_unavailable, Status})
    end.

exists(Settings, Id) ->
    case request(head, Id, [], none, Settings) of
        {200, _, _} -> true;
        {404, _, _} -> false;
        {Status, _, _} -> throw({store_unavailable, Status})
    end.

create(Settings, Id, Value, Ms) ->
    case put_session(Id, Value, Ms, {"if-none-match", "*"}, Settings) of
        201 -> written;
        412 -> exists;
        Status -> throw({store_unavailable, Status})
    end.

replace(Settings, Id, Value, Ms, Seen) ->
    case put_session(Id, Value, Ms, {"if-match", Seen}, Settings) of
        204 -> written;
        412 -> changed;
        Status -> throw({store_unavailable, Status})
    end.

put_session(Id, Value, Ms, Condition, Settings) ->
    Headers = [{"snakeweb-ttl-ms", integer_to_list(Ms)}, Condition],
    element(1, request(put, Id, Headers, Value, Settings)).

touch(Settings, Id) ->
    case request(patch, Id, [], <<>>, Settings) of
        {204, _, _} -> true;
        {404, _, _} -> false;
        {Status, _, _} -> throw({store_unavailable, Status})
    end.

delete(Settings, Id) ->
    case request(delete, Id, [], none, Settings) of
        {Status, _, _} when Status =:= 204; Status =:= 404 -> ok;
        {Status, _, _} -> throw({store_unavailable, Status})
    end.

close() -> ok.

%% Whether a gateway answers there and takes the token: ok | {error, Reason}.
refuses(Settings) ->
    put(snakeweb_until, erlang:monotonic_time(millisecond) + 4000),
    try request(head, <<"snakeweb-preflight">>, [], none, Settings) of
        {Status, _, _} when Status =:= 200; Status =:= 404 -> ok;
        {Status, _, _} -> {error, Status}
    catch
        throw:{store_unavailable, Reason} -> {error, Reason};
        _:undef -> {error, no_inets}
    end.

length_in(Headers) ->
    case {header("snakeweb-ttl-ms", Headers), header("snakeweb-expires-at-ms", Headers)} of
        {none, none} -> never;
        {none, At} -> {ends_in, list_to_integer(At) - erlang:system_time(millisecond)};
        {Length, _} -> {slides, list_to_integer(Length)}
    end.

header(Name, Headers) -> proplists:get_value(Name, Headers, none).

request(Method, Id, Headers, Body, #{url := Url, token := Token}) ->
    _ = inets:start(),
    Address = binary_to_list(Url) ++ "/v1/sessions/" ++ quoted(Id),
    All = [{"authorization", "Bearer " ++ binary_to_list(Token)} | Headers],
    Request = case Body of
        none -> {Address, All};
        _ -> {Address, All, "application/octet-stream", Body}
    end,
    Left = max(1, get(snakeweb_until) - erlang:monotonic_time(millisecond)),
    Ways = [{timeout, Left}, {connect_timeout, min(2000, Left)}, {autoredirect, false}],
    case httpc:request(Method, Request, Ways, [{body_format, binary}]) of
        {ok, {{_, 503, _}, _, _}} -> timer:sleep(20), throw({store_unavailable, 503});
        {ok, {{_, Status, _}, Answered, Content}} -> {Status, Answered, Content};
        {error, Reason} -> throw({store_unavailable, kind(Reason)})
    end.

kind(Reason) when is_atom(Reason) -> Reason;
kind(Reason) when is_tuple(Reason), is_atom(element(1, Reason)) -> element(1, Reason);
kind(_) -> unknown.

quoted(Id) -> lists:flatmap(fun quoted_byte/1, binary_to_list(Id)).
quoted_byte(Byte) when Byte >= $a, Byte =< $z; Byte >= $A, Byte =< $Z; Byte >= $0, Byte =< $9;
                       Byte =:= $-; Byte =:= $_; Byte =:= $.; Byte =:= $~ -> [Byte];
quoted_byte(Byte) -> io_lib:format("%~2.16.0B", [Byte]).
