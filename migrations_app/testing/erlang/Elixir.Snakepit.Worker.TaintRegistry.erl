%% Workers that get no new requests for a time, as Snakepit keeps them since 0.7.4.
-module('Elixir.Snakepit.Worker.TaintRegistry').

-export([taint_worker/2, 'worker_tainted?'/1, worker_info/1, clear_worker/1, table/0]).

-define(TABLE, snakepit_worker_taints).

table() -> ets:new(?TABLE, [named_table, public, set]).

taint_worker(Id, Options) ->
    Until = erlang:monotonic_time(millisecond) + proplists:get_value(duration_ms, Options, 60000),
    ets:insert(?TABLE, {Id, #{tainted_until => Until, reason => proplists:get_value(reason, Options, nil)}}),
    ok.

'worker_tainted?'(Id) -> worker_info(Id) =/= error.

worker_info(Id) ->
    Now = erlang:monotonic_time(millisecond),
    case ets:lookup(?TABLE, Id) of
        [{_, #{tainted_until := Until} = Record}] when Until >= Now -> {ok, Record};
        _ -> error
    end.

clear_worker(Id) -> ets:delete(?TABLE, Id), ok.
