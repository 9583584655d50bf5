"""What a node evaluates for us, as Erlang text. Looking changes nothing.

Snakepit 0.13 (lib/snakepit/pool/pool.ex, event_handler.ex, worker/lifecycle_manager.ex, worker/taint_registry.ex,
grpc_worker.ex), which everything here goes by:

- `recycle_worker(Pool, Id)` says ok at once. A process of its own then stops the worker (eight seconds at most) and
  starts another one, `pool_worker_<n>`. `Pool` is compared with what the worker was started with: the pool server's
  name, or its process where the pool had refilled. If the other one does not start, only the log hears of it.
- A worker that is stopped answers what is in its hands, and what waits behind, with the error “Worker shutting down”,
  and then ends its Python process. What reaches it until that has ended fails as “Worker process exited”.
- Nobody tells the pool: it watches no worker, so a stopped one stays in its lists, and what is handed to it fails as
  “Worker not found”. It would take it out on a 'DOWN' message of a worker that is still registered; so it is sent one.
- A worker in the taint registry (since 0.7.4) is handed no new request, be it queued or not; what it has it finishes.
  The pool looks there in its own process: a state of the pool that is read after the entry was made shows every
  request that the worker will ever get. Requests with strict affinity to it fail (`session_worker_unavailable`);
  requests that an application sends to a worker past the pool are not seen.
- Once a second (`pool_reconcile_interval_ms`, since 0.9.1) the pool starts what it lacks, and counts only workers named
  `<pool>_worker_...`: behind each recycled worker it starts another one, beside the lifecycle manager's.
"""

# Bound: Server, Name.
_PREPARED = """
Registry = 'Elixir.Snakepit.Pool.Registry',
Taints = 'Elixir.Snakepit.Worker.TaintRegistry',
Has = fun(Module, Function, Arity) ->
    _ = code:ensure_loaded(Module), erlang:function_exported(Module, Function, Arity)
  end,
Holds = Has(Taints, taint_worker, 2),
Held = fun(Id) -> Holds andalso Taints:'worker_tainted?'(Id) end,
Alive = fun(Id) ->
    case Registry:get_worker_pid(Id) of {ok, Pid} -> is_process_alive(Pid) andalso Pid; _ -> false end
  end,
Module = case whereis(Server) of
    undefined -> nil;
    Process -> case proc_lib:translate_initial_call(Process) of {Own, init, 1} -> Own; _ -> nil end
  end,
Stats = case Has(Module, get_stats, 2) of
    true -> Module:get_stats(Server, Name);
    false -> no_server
  end,
State = fun() ->
    case try sys:get_state(Server, 2000) catch _:_ -> nil end of
      #{pools := #{Name := #{workers := _, worker_loads := #{}} = Known}} -> Known;
      _ -> nil
    end
  end,
"""

# Gives no_server, no_pool, or {counts, size | nil, [{Id, Ready, Held, Requests | nil}], ghosts}.
VIEW = (
    _PREPARED
    + """
case Stats of
  #{workers := _} ->
    Pool = State(),
    Listed = case Pool of #{workers := Those} -> Those; nil -> Module:list_workers(Server, Name) end,
    IsReady = case Pool of
        #{ready_workers := #{map := Ready}} -> fun(Id) -> is_map_key(Id, Ready) end;
        _ -> fun(Id) -> lists:member(Id, Listed) end
      end,
    Requests = fun(Id) -> case Pool of #{worker_loads := Loads} -> maps:get(Id, Loads, 0); nil -> nil end end,
    IsOurs = fun(Id) ->
        case Registry:fetch_worker(Id) of
          {ok, _, #{pool_identifier := Name, pool_name := By}} -> By =:= Server orelse By =:= whereis(Server);
          _ -> false
        end
      end,
    Living = [Id || Id <- Listed, Alive(Id) =/= false],
    Starting = [Id || Id <- Registry:list_workers(), not lists:member(Id, Listed), IsOurs(Id), Alive(Id) =/= false],
    {list_to_tuple([maps:get(Count, Stats, 0)
                    || Count <- [workers, available, busy, queued, requests, errors, queue_timeouts, pool_saturated]]),
     case Pool of #{size := Size} when is_integer(Size) -> Size; _ -> nil end,
     [{Id, IsReady(Id), Held(Id), Requests(Id)} || Id <- Living ++ Starting],
     [Id || Id <- Listed, not lists:member(Id, Living), not Held(Id)]};
  no_server -> no_server;
  _ -> no_pool
end
"""
)

# Bound: Server. Gives a map.
LOOK = """
_ = code:ensure_loaded('Elixir.Snakepit.Worker.TaintRegistry'),
{case application:get_key(snakepit, vsn) of {ok, V} -> list_to_binary(V); _ -> <<>> end,
 list_to_binary(erlang:system_info(otp_release)),
 erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(), native, millisecond),
 case whereis(Server) of undefined -> <<>>; Process -> list_to_binary(pid_to_list(Process)) end,
 erlang:function_exported('Elixir.Snakepit.Worker.TaintRegistry', taint_worker, 2),
 whereis('Elixir.Snakepit.Worker.LifecycleManager') =/= undefined,
 application:get_env(snakepit, pool_reconcile_interval_ms, 1000)}
"""

# Bound: Id. Gives healthy, failing, silent or gone.
HEALTH = """
case 'Elixir.Snakepit.Pool.Registry':get_worker_pid(Id) of
  {ok, Pid} ->
    try 'Elixir.Snakepit.GRPCWorker':get_health(Pid) of
      {ok, _} -> healthy;
      _ -> failing
    catch
      exit:{timeout, _} -> silent;
      exit:_ -> gone
    end;
  _ -> gone
end
"""

# Bound: Id, Ms. Gives whether it is held.
HOLDING = """
Taints = 'Elixir.Snakepit.Worker.TaintRegistry',
_ = code:ensure_loaded(Taints),
erlang:function_exported(Taints, taint_worker, 2) andalso
  ok =:= Taints:taint_worker(Id, [{duration_ms, Ms}, {reason, held_by_snakeweb}])
"""

# Bound: Id. Leaves what the node itself has entered, and who is being stopped.
RELEASING = """
Taints = 'Elixir.Snakepit.Worker.TaintRegistry',
_ = code:ensure_loaded(Taints),
case erlang:function_exported(Taints, worker_info, 1) andalso Taints:worker_info(Id) of
  {ok, #{reason := held_by_snakeweb}} -> Taints:clear_worker(Id);
  _ -> ok
end
"""

# Bound: Server, Name, Id, Forever (ms). Gives accepted, gone, pool_mismatch, busy, no_server or no_pool. The name of a
# stopped worker is never given again, so it stays held for good. A lifecycle manager that is busy does it later.
_STOPPING = (
    _PREPARED
    + """
Load = case Stats of
    #{busy := Busy} ->
      case State() of #{worker_loads := Loads} -> maps:get(Id, Loads, 0); nil -> Busy end;
    _ -> 0
  end,
Elsewhere = case Registry:fetch_worker(Id) of
    {ok, _, #{pool_identifier := Of}} when is_atom(Of), Of =/= nil -> Of =/= Name;
    _ -> false
  end,
case {Stats, Alive(Id)} of
  {no_server, _} -> no_server;
  {{error, _}, _} -> no_pool;
  {_, false} -> gone;
  _ when Elsewhere -> pool_mismatch;
  {_, _} when Load > 0 -> busy;
  {_, Pid} ->
    Leave = fun() ->
        _ = Holds andalso Taints:taint_worker(Id, [{duration_ms, Forever}, {reason, stopped_by_snakeweb}]),
        Server ! {'DOWN', make_ref(), process, Pid, {shutdown, stopped_by_snakeweb}}
      end,
    case Stop(Leave) of
      ok -> accepted;
      {error, worker_not_found} -> gone;
      {error, pool_mismatch} -> pool_mismatch
    end
end
"""
)

RECYCLING = (
    """
Manager = 'Elixir.Snakepit.Worker.LifecycleManager',
Ask = fun(Of) -> try Manager:recycle_worker(Of, Id) catch exit:{timeout, _} -> ok end end,
Stop = fun(Leave) ->
    Said = case Ask(Server) of {error, pool_mismatch} -> Ask(whereis(Server)); Other -> Other end,
    _ = Said =:= ok andalso Leave(),
    Said
  end,
"""
    + _STOPPING
)

RETIRING = (
    """
Stop = fun(Leave) -> _ = Leave(), 'Elixir.Snakepit.Pool.WorkerSupervisor':stop_worker(Id) end,
"""
    + _STOPPING
)
