%% Callers of a session store, as an application's processes are: each works on sessions of its own and remembers what
%% the store said, so that afterwards everything can be compared.
-module(snakeweb_fixture_traffic).

-export([start/4, stop/1, put_metadata/3, caller/5]).

-define(STORE, 'Elixir.Snakepit.Bridge.SessionStore').

%% Callers processes, each of Sessions sessions, calling Server with PauseMs between two calls.
start(Server, Callers, Sessions, PauseMs) ->
    Parent = self(),
    Keeper = spawn(fun() ->
        Pids = [spawn_link(?MODULE, caller, [self(), Server, Number, Sessions, PauseMs])
                || Number <- lists:seq(1, Callers)],
        register(snakeweb_fixture_traffic, self()),
        Parent ! {self(), ready},
        receive {stop, Asker, Mark} ->
            [Pid ! stop || Pid <- Pids],
            Asker ! {Mark, [receive {Pid, Said} -> Said end || Pid <- Pids]}
        end
    end),
    receive {Keeper, ready} -> ok end.

%% What each caller knows: {#{Id => Metadata | gone}, calls, failures, slowest call in microseconds}.
stop(TimeoutMs) ->
    Mark = make_ref(),
    snakeweb_fixture_traffic ! {stop, self(), Mark},
    receive {Mark, Said} -> Said after TimeoutMs -> error(timeout) end.

caller(Parent, Server, Number, Sessions, PauseMs) ->
    rand:seed(exsss, Number),
    Ids = [iolist_to_binary(io_lib:format("user-~b-~b", [Number, N])) || N <- lists:seq(1, Sessions)],
    work(Parent, Server, list_to_tuple(Ids), PauseMs, #{}, {0, [], 0}).

work(Parent, Server, Ids, PauseMs, Known, {Calls, Failures, Slowest} = Counts) ->
    receive stop -> Parent ! {self(), {Known, Calls, lists:sublist(Failures, 10), Slowest}}
    after PauseMs ->
        Id = element(rand:uniform(tuple_size(Ids)), Ids),
        Since = erlang:monotonic_time(microsecond),
        {Now, Failed} = try one(Server, Id, maps:get(Id, Known, gone)) catch Kind:Reason -> {unsure, [{Kind, Reason}]} end,
        Took = erlang:monotonic_time(microsecond) - Since,
        After = {Calls + 1, Failed ++ Failures, max(Slowest, Took)},
        _ = Counts,
        work(Parent, Server, Ids, PauseMs, Known#{Id => Now}, After)
    end.

one(Server, Id, unsure) -> known(Server, Id);
one(Server, Id, gone) ->
    Metadata = #{made => rand:uniform(1 bsl 70), ratio => rand:uniform(), tags => [a, {b, <<1, 2>>}]},
    case ?STORE:create_session(Server, Id, [{ttl, 600}, {metadata, Metadata}]) of
        {ok, #{metadata := Metadata}} -> {Metadata, []};
        Other -> {unsure, [{create, Other}]}
    end;
one(Server, Id, Metadata) ->
    case rand:uniform(10) of
        1 ->
            ok = ?STORE:delete_session(Server, Id),
            {gone, []};
        N when N =< 5 ->
            Value = rand:uniform(1000000),
            case ?STORE:update_session(Server, Id, fun(Session) -> put_metadata(count, Value, Session) end) of
                {ok, #{metadata := Changed}} -> {Changed, []};
                Other -> {unsure, [{update, Other}]}
            end;
        _ ->
            case ?STORE:get_session(Server, Id) of
                {ok, #{metadata := Metadata}} -> {Metadata, []};
                Other -> {unsure, [{get, Metadata, Other}]}
            end
    end.

known(Server, Id) ->
    case ?STORE:get_session(Server, Id) of
        {ok, #{metadata := Metadata}} -> {Metadata, []};
        {error, not_found} -> {gone, []};
        Other -> {unsure, [{get, Other}]}
    end.

put_metadata(Key, Value, #{metadata := Metadata} = Session) -> Session#{metadata := Metadata#{Key => Value}}.
