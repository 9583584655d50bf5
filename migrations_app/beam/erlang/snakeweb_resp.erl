%% A connection to a Redis server, which belongs to the calling process and lies in its dictionary, and what travels over
%% it: RESP 2, and MessagePack as far as scripts and metadata need it.
%%
%% Settings as in snakeweb_redis.erl. Throws {store_unavailable, Reason}: an atom, or the first word of the server's own
%% error. How long an answer may take is told by `snakeweb_until`, as there.
-module(snakeweb_resp).

-export([read/2, evaluated/4, hang_up/0, left/0, packed/1, unpacked/1]).

%% The answer to a command that writes nothing.
read(Words, Settings) -> told(ask(again, Words, Settings)).

%% A script's answer. `again`: it may be carried out twice. `once`: it may not, so it is `lost` when the connection fails
%% after it may have been sent. Words are what follows the script in EVAL.
evaluated(Mode, {Digest, Text}, Words, Settings) ->
    case ask(Mode, [<<"EVALSHA">>, Digest | Words], Settings) of
        {error, <<"NOSCRIPT", _/binary>>} -> told(ask(Mode, [<<"EVAL">>, Text | Words], Settings));
        Answer -> told(Answer)
    end.

told({error, Text}) -> throw({store_unavailable, hd(binary:split(Text, <<" ">>))});
told(Answer) -> Answer.

%% The milliseconds that the caller still waits, 1 at least.
left() -> max(1, get(snakeweb_until) - erlang:monotonic_time(millisecond)).

%% The answer to one command; {error, Text} when it is one.
ask(Mode, Words, Settings) ->
    case exchanged(connection(Settings), Words) of
        {ok, Answer} -> Answer;
        lost when Mode =:= once -> lost;
        lost ->
            case exchanged(connection(Settings), Words) of
                {ok, Answer} -> Answer;
                lost -> throw({store_unavailable, lost})
            end
    end.

exchanged(Connection, Words) ->
    try
        ok = sent(Connection, command(Words)),
        {Answer, <<>>} = answer(Connection, <<>>),
        {ok, Answer}
    catch _:_ -> hang_up(), lost
    end.

command(Words) -> [["*", integer_to_list(length(Words)), "\r\n"] | [word(Word) || Word <- Words]].
word(Word) -> ["$", integer_to_list(byte_size(Word)), "\r\n", Word, "\r\n"].

%% One that the server has closed while nobody spoke is replaced before anything is sent.
connection(Settings) ->
    case get(snakeweb_resp) of
        undefined -> connected(Settings);
        Connection ->
            case received(Connection, 0, 0) of
                {error, timeout} -> Connection;
                _ -> hang_up(), connected(Settings)
            end
    end.

connected(#{host := Host, port := Port, tls := Tls} = Settings) ->
    Name = binary_to_list(Host),
    Address = case inet:parse_address(Name) of {ok, Parsed} -> Parsed; _ -> Name end,
    Options = [binary, {active, false}, {packet, raw}, {nodelay, true}, {keepalive, true}, {send_timeout, 2000},
               {send_timeout_close, true}],
    case opened(Tls, Address, Port, Options, min(2000, left())) of
        {ok, Socket} ->
            Connection = {Tls, Socket},
            put(snakeweb_resp, Connection),
            lists:foreach(fun(Words) -> greeted(Connection, Words) end, greetings(Settings)),
            Connection;
        {error, Reason} when is_atom(Reason) -> throw({store_unavailable, Reason});
        {error, {tls_alert, {Alert, _}}} -> throw({store_unavailable, Alert});
        {error, _} -> throw({store_unavailable, refused})
    end.

opened(false, Address, Port, Options, Wait) -> gen_tcp:connect(Address, Port, Options, Wait);
opened(true, Address, Port, Options, Wait) ->
    {ok, _} = application:ensure_all_started(ssl),
    Checked = [{verify, verify_peer}, {cacerts, public_key:cacerts_get()}, {depth, 10}, {log_level, none},
               {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}],
    ssl:connect(Address, Port, Checked ++ Options, Wait).

greetings(#{db := Db, username := User, password := Password}) ->
    Login = case {User, Password} of
        {<<>>, <<>>} -> [];
        {<<>>, _} -> [[<<"AUTH">>, Password]];
        _ -> [[<<"AUTH">>, User, Password]]
    end,
    Login ++ [[<<"SELECT">>, integer_to_binary(Db)] || Db > 0].

greeted(Connection, Words) ->
    case exchanged(Connection, Words) of
        {ok, <<"OK">>} -> ok;
        {ok, {error, Text}} -> hang_up(), told({error, Text});
        _ -> hang_up(), throw({store_unavailable, closed})
    end.

hang_up() ->
    case erase(snakeweb_resp) of
        undefined -> ok;
        {false, Socket} -> gen_tcp:close(Socket);
        {true, Socket} -> ssl:close(Socket)
    end,
    ok.

sent({false, Socket}, Bytes) -> gen_tcp:send(Socket, Bytes);
sent({true, Socket}, Bytes) -> ssl:send(Socket, Bytes).

received({false, Socket}, Size, Wait) -> gen_tcp:recv(Socket, Size, Wait);
received({true, Socket}, Size, Wait) -> ssl:recv(Socket, Size, Wait).

more(Connection, Size) ->
    {ok, Bytes} = received(Connection, Size, min(2000, left())),
    Bytes.

%% One answer, and what came behind it.
answer(Connection, Buffer) ->
    case binary:split(Buffer, <<"\r\n">>) of
        [_] -> answer(Connection, <<Buffer/binary, (more(Connection, 0))/binary>>);
        [<<Kind, Text/binary>>, Rest] -> answer(Kind, Text, Connection, Rest)
    end.

answer($+, Text, _, Rest) -> {Text, Rest};
answer($-, Text, _, Rest) -> {{error, Text}, Rest};
answer($:, Text, _, Rest) -> {binary_to_integer(Text), Rest};
answer($$, <<"-1">>, _, Rest) -> {none, Rest};
answer($$, Text, Connection, Rest) -> bulk(binary_to_integer(Text), Connection, Rest);
answer($*, Text, Connection, Rest) ->
    lists:mapfoldl(fun(_, Left) -> answer(Connection, Left) end, Rest, lists:seq(1, binary_to_integer(Text))).

%% In pieces: one call may not ask for more than 64 MB.
bulk(Size, Connection, Rest) ->
    case Size + 2 - byte_size(Rest) of
        Missing when Missing > 0 ->
            Pieces = pieces(Connection, Missing),
            bulk(Size, Connection, iolist_to_binary([Rest | Pieces]));
        _ ->
            <<Bytes:Size/binary, "\r\n", Behind/binary>> = Rest,
            {Bytes, Behind}
    end.

pieces(_, 0) -> [];
pieces(Connection, Missing) ->
    Size = min(Missing, 16#1000000),
    [more(Connection, Size) | pieces(Connection, Missing - Size)].

%% -- MessagePack ------------------------------------------------------------------------------------------------------

packed(Number) when is_integer(Number), Number >= 0, Number < 128 -> <<Number>>;
packed(Number) when is_integer(Number), Number < 0, Number >= -32 -> <<Number:8/signed>>;
packed(Number) when is_integer(Number) -> <<16#D3, Number:64/signed>>;
packed(Text) when byte_size(Text) < 32 -> <<(16#A0 + byte_size(Text)), Text/binary>>;
packed(Text) -> <<16#DB, (byte_size(Text)):32, Text/binary>>.

unpacked(Blob) ->
    {Value, <<>>} = taken(Blob),
    Value.

taken(<<0:1, Number:7, Rest/binary>>) -> {Number, Rest};
taken(<<7:3, _:5, _/binary>> = Blob) -> <<Number:8/signed, Rest/binary>> = Blob, {Number, Rest};
taken(<<16#9:4, Size:4, Rest/binary>>) -> taken(Size, Rest);
taken(<<16#5:3, Size:5, Text:Size/binary, Rest/binary>>) -> {Text, Rest};
taken(<<16#C0, Rest/binary>>) -> {none, Rest};
taken(<<16#C2, Rest/binary>>) -> {false, Rest};
taken(<<16#C3, Rest/binary>>) -> {true, Rest};
taken(<<16#CB, Number:64/float, Rest/binary>>) -> {Number, Rest};
taken(<<16#CC, Number:8, Rest/binary>>) -> {Number, Rest};
taken(<<16#CD, Number:16, Rest/binary>>) -> {Number, Rest};
taken(<<16#CE, Number:32, Rest/binary>>) -> {Number, Rest};
taken(<<16#CF, Number:64, Rest/binary>>) -> {Number, Rest};
taken(<<16#D0, Number:8/signed, Rest/binary>>) -> {Number, Rest};
taken(<<16#D1, Number:16/signed, Rest/binary>>) -> {Number, Rest};
taken(<<16#D2, Number:32/signed, Rest/binary>>) -> {Number, Rest};
taken(<<16#D3, Number:64/signed, Rest/binary>>) -> {Number, Rest};
taken(<<16#D9, Size:8, Text:Size/binary, Rest/binary>>) -> {Text, Rest};
taken(<<16#DA, Size:16, Text:Size/binary, Rest/binary>>) -> {Text, Rest};
taken(<<16#DB, Size:32, Text:Size/binary, Rest/binary>>) -> {Text, Rest};
taken(<<16#DC, Size:16, Rest/binary>>) -> taken(Size, Rest).

taken(Size, Rest) -> lists:mapfoldl(fun(_, Left) -> taken(Left) end, Rest, lists:seq(1, Size)).
