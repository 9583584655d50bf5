%% Starts and stops workers, as Snakepit's does (0.13): stopping waits for the worker's end, eight seconds at most.
-module('Elixir.Snakepit.Pool.WorkerSupervisor').

-export([start_worker/3, stop_worker/1, list_starters/1]).

-define(REGISTRY, 'Elixir.Snakepit.Pool.Registry').
-define(WORKER, 'Elixir.Snakepit.GRPCWorker').

%% Server is the pool server's name or, for a worker that it refills, its process: the lifecycle manager remembers that.
start_worker(Id, Server, Pool) ->
    case snakeweb_fixture_pool:setting(Server, starting) of
        refuse -> {error, no_python};
        _ -> ?WORKER:start(Id, Server, Pool)
    end.

stop_worker(Id) ->
    case ?REGISTRY:get_worker_pid(Id) of
        {error, not_found} -> {error, worker_not_found};
        {ok, Pid} ->
            Mark = monitor(process, Pid),
            exit(Pid, shutdown),
            receive {'DOWN', Mark, _, _, _} -> ok
            after 8000 ->
                exit(Pid, kill),
                receive {'DOWN', Mark, _, _, _} -> ok end
            end
    end.

list_starters(Server) ->
    [Id || Id <- ?REGISTRY:list_workers(),
           {ok, _, #{pool_name := Of}} <- [?REGISTRY:fetch_worker(Id)], snakeweb_fixture_pool:same(Of, Server)].
