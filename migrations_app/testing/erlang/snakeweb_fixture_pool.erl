%% Starts what answers as Snakepit's worker pools do, and says what its tests need to know.
-module(snakeweb_fixture_pool).

-export([start/2, stop/1, set/3, setting/2, same/2]).
-export([load/4, unload/1, watch/3, unwatch/1, watcher/5]).

-define(REGISTRY, 'Elixir.Snakepit.Pool.Registry').
-define(MANAGER, 'Elixir.Snakepit.Worker.LifecycleManager').
-define(TAINTS, 'Elixir.Snakepit.Worker.TaintRegistry').
-define(POOL, 'Elixir.Snakepit.Pool').

%% Settings: starting (ms until a new worker is ready, hang or refuse), stopping (ms), health (a worker's answer).
start(Options, Settings) ->
    ensure(),
    Server = proplists:get_value(name, Options, ?POOL),
    [set(Server, Name, Value)
     || {Name, Value} <- [{starting, 20}, {stopping, 5}, {health, {ok, #{healthy => true}}} | Settings]],
    {ok, _} = ?POOL:start(Options),
    ok.

ensure() ->
    case whereis(?MODULE) of
        undefined ->
            Parent = self(),
            Keeper = spawn(fun() ->
                register(?MODULE, self()),
                ets:new(?MODULE, [named_table, public, set]),
                ?REGISTRY:table(),
                ?TAINTS:table(),
                {ok, _} = ?MANAGER:start(),
                Parent ! {self(), ready},
                receive after infinity -> ok end
            end),
            receive {Keeper, ready} -> ok end;
        _ -> ok
    end.

%% The server first, so that nobody refills.
stop(Server) ->
    Workers = [Pid || Id <- ?REGISTRY:list_workers(), {ok, Pid, #{pool_name := Of}} <- [?REGISTRY:fetch_worker(Id)],
                      same(Of, Server)],
    exit(whereis(Server), kill),
    [exit(Pid, kill) || Pid <- Workers],
    ok.

set(Server, Name, Value) -> ets:insert(?MODULE, {{Server, Name}, Value}), ok.

setting(Server, Name) when is_pid(Server) -> setting(element(2, process_info(Server, registered_name)), Name);
setting(Server, Name) -> ets:lookup_element(?MODULE, {Server, Name}, 2).

same(One, Other) -> process(One) =:= process(Other).

process(Name) when is_atom(Name) -> whereis(Name);
process(Pid) -> Pid.

%% Callers processes that have Pool of Server work without a break, up to Ms at a time.
load(Server, Pool, Callers, Ms) ->
    spawn(fun() ->
        register(snakeweb_fixture_load, self()),
        Pids = [spawn_link(fun() -> rand:seed(exsss, Number), call(Server, Pool, Ms, 0, []) end)
                || Number <- lists:seq(1, Callers)],
        receive {stop, Asker, Mark} ->
            [Pid ! {stop, self()} || Pid <- Pids],
            Said = [receive {Pid, Answer} -> Answer end || Pid <- Pids],
            Asker ! {Mark, {lists:sum([Done || {Done, _} <- Said]), lists:append([Failed || {_, Failed} <- Said])}}
        end
    end),
    ok.

%% {Requests answered well, messages of those that failed}.
unload(TimeoutMs) -> asked(snakeweb_fixture_load, TimeoutMs).

call(Server, Pool, Ms, Done, Failed) ->
    receive {stop, Keeper} -> Keeper ! {self(), {Done, Failed}}
    after 0 ->
        case ?POOL:execute(<<"work">>, #{ms => rand:uniform(Ms)}, [{pool, Server}, {pool_name, Pool}]) of
            {ok, _} -> call(Server, Pool, Ms, Done + 1, Failed);
            {error, #{message := Message}} -> call(Server, Pool, Ms, Done, [Message | Failed])
        end
    end.

%% Every IntervalMs: how many workers of Pool take requests (alive, ready, not set aside).
watch(Server, Pool, IntervalMs) ->
    spawn(?MODULE, watcher, [self(), Server, Pool, IntervalMs, begun]),
    receive {snakeweb_fixture_watch, ready} -> ok end.

%% #{number of workers => how often it was seen}.
unwatch(TimeoutMs) -> asked(snakeweb_fixture_watch, TimeoutMs).

watcher(Parent, Server, Pool, IntervalMs, begun) ->
    register(snakeweb_fixture_watch, self()),
    Parent ! {snakeweb_fixture_watch, ready},
    watcher(Parent, Server, Pool, IntervalMs, #{});
watcher(Parent, Server, Pool, IntervalMs, Seen) ->
    #{pools := #{Pool := #{ready_workers := #{map := Ready}}}} = sys:get_state(Server),
    Serving = length([Id || Id <- maps:keys(Ready), not ?TAINTS:'worker_tainted?'(Id),
                            {ok, _} <- [?REGISTRY:get_worker_pid(Id)]]),
    After = maps:update_with(Serving, fun(N) -> N + 1 end, 1, Seen),
    receive {stop, Asker, Mark} -> Asker ! {Mark, After}
    after IntervalMs -> watcher(Parent, Server, Pool, IntervalMs, After)
    end.

asked(Name, TimeoutMs) ->
    Mark = make_ref(),
    Name ! {stop, self(), Mark},
    receive {Mark, Said} -> Said after TimeoutMs -> error(timeout) end.
