%% Which process a worker's name stands for. A process that ended is not found, whether its row is still there or not.
-module('Elixir.Snakepit.Pool.Registry').

-export([fetch_worker/1, get_worker_pid/1, get_worker_id_by_pid/1, list_workers/0, register/2, table/0]).

-define(TABLE, ?MODULE).

%% The process that starts the fixture owns it.
table() -> ets:new(?TABLE, [named_table, public, set]).

register(Id, Metadata) -> ets:insert(?TABLE, {Id, self(), Metadata}).

fetch_worker(Id) ->
    case ets:lookup(?TABLE, Id) of
        [{_, Pid, Metadata}] ->
            case is_process_alive(Pid) of true -> {ok, Pid, Metadata}; false -> {error, not_found} end;
        [] -> {error, not_found}
    end.

get_worker_pid(Id) ->
    case fetch_worker(Id) of {ok, Pid, _} -> {ok, Pid}; Missing -> Missing end.

get_worker_id_by_pid(Pid) ->
    case is_process_alive(Pid) andalso ets:match(?TABLE, {'$1', Pid, '_'}) of
        [[Id]] -> {ok, Id};
        _ -> {error, not_found}
    end.

list_workers() -> [Id || {Id, Pid, _} <- ets:tab2list(?TABLE), is_process_alive(Pid)].
