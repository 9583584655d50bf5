%% Recycles workers as Snakepit's own does (0.13): it says ok at once, and stops and starts in a process of its own; of a
%% replacement that does not start only a line in the log is left. The replacement's name does not begin with its pool's.
-module('Elixir.Snakepit.Worker.LifecycleManager').
-behaviour(gen_server).

-export([start/0, recycle_worker/2, track_worker/4, init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(WORKERS, 'Elixir.Snakepit.Pool.WorkerSupervisor').

start() -> gen_server:start({local, ?MODULE}, ?MODULE, [], []).
recycle_worker(Pool, Id) -> gen_server:call(?MODULE, {recycle, Pool, Id}).
track_worker(Pool, Id, Pid, Config) -> gen_server:cast(?MODULE, {track, Pool, Id, Pid, Config}).

init([]) -> {ok, #{}}.

handle_call({recycle, Pool, Id}, _From, Workers) ->
    case Workers of
        #{Id := {Pool, _, Config}} ->
            spawn(fun() -> recycled(Id, Pool, Config) end),
            {reply, ok, maps:remove(Id, Workers)};
        #{Id := _} -> {reply, {error, pool_mismatch}, Workers};
        _ -> {reply, {error, worker_not_found}, Workers}
    end.

handle_cast({track, Pool, Id, Pid, Config}, Workers) ->
    monitor(process, Pid),
    {noreply, Workers#{Id => {Pool, Pid, Config}}}.

handle_info({'DOWN', _, process, Pid, _}, Workers) ->
    {noreply, maps:filter(fun(_, {_, Of, _}) -> Of =/= Pid end, Workers)}.

recycled(Id, Pool, Config) ->
    case ?WORKERS:stop_worker(Id) of
        {error, worker_not_found} -> ok;
        ok -> ok
    end,
    New = <<"pool_worker_", (integer_to_binary(erlang:unique_integer([positive])))/binary>>,
    ?WORKERS:start_worker(New, Pool, Config).
