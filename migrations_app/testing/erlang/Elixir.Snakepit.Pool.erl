%% A pool server that answers as Snakepit's own does (0.13): the same calls, statistics and shape of state, and its ways
%% with workers that end: nobody tells it, so that their names stay in its lists and requests are handed to them, until
%% a 'DOWN' message about a process that still lives. Without sessions: every request takes any worker.
-module('Elixir.Snakepit.Pool').
-behaviour(gen_server).

-export([execute/3, get_stats/2, list_workers/2, start/1, init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(REGISTRY, 'Elixir.Snakepit.Pool.Registry').
-define(TAINTS, 'Elixir.Snakepit.Worker.TaintRegistry').
-define(WORKERS, 'Elixir.Snakepit.Pool.WorkerSupervisor').
-define(ERROR, 'Elixir.Snakepit.Error').

%% Options: pool (the server's name), pool_name, timeout (ms).
execute(Command, Args, Options) ->
    Server = proplists:get_value(pool, Options, ?MODULE),
    case gen_server:call(Server, {execute, Command, Args, Options}, proplists:get_value(timeout, Options, 60000)) of
        {error, #{'__struct__' := ?ERROR}} = Error -> Error;
        {error, {worker_exit, Why}} -> {error, failure(worker, <<"Worker process exited">>, #{exit_reason => Why})};
        {error, Reason} -> {error, failure(pool, <<"Pool request failed">>, #{reason => Reason})};
        Done -> Done
    end.

get_stats(Server, Name) -> gen_server:call(Server, {get_stats, Name}).
list_workers(Server, Name) -> gen_server:call(Server, {list_workers, Name}).

failure(Category, Message, Details) ->
    #{'__struct__' => ?ERROR, category => Category, message => Message, details => Details}.

%% Options: name (of the server), pools ([{Name, Size}]), queue_timeout (ms), max_queue_size.
start(Options) ->
    gen_server:start({local, proplists:get_value(name, Options, ?MODULE)}, ?MODULE, Options, []).

init(Options) ->
    Name = proplists:get_value(name, Options, ?MODULE),
    Pools = proplists:get_value(pools, Options, [{default, 8}]),
    [spawn_initial(Name, Pool, Number) || {Pool, Size} <- Pools, Number <- lists:seq(1, Size)],
    reconcile_later(),
    {ok, #{'__struct__' => ?MODULE, default_pool => element(1, hd(Pools)), initializing => false,
           pools => maps:from_list([{Pool, new(Pool, Size, Options)} || {Pool, Size} <- Pools])}}.

new(Pool, Size, Options) ->
    #{'__struct__' => 'Elixir.Snakepit.Pool.State', name => Pool, size => Size, workers => [],
      available => set([]), ready_workers => set([]), worker_loads => #{}, worker_capacities => #{},
      request_queue => queue:new(), queue_timeout => proplists:get_value(queue_timeout, Options, 10000),
      max_queue_size => proplists:get_value(max_queue_size, Options, 1000), initialized => false,
      stats => #{requests => 0, queued => 0, errors => 0, queue_timeouts => 0, pool_saturated => 0}}.

handle_call({execute, _, Args, Options}, From, State) ->
    Name = proplists:get_value(pool_name, Options, maps:get(default_pool, State)),
    case State of
        #{pools := #{Name := #{initialized := true} = Pool}} ->
            case next_available(Pool) of
                none -> queued(From, Args, Name, Pool, State);
                Id -> {noreply, stored(Name, counted(requests, dispatched(From, Args, Id, Name, Pool)), State)}
            end;
        #{pools := #{Name := _}} -> {reply, {error, pool_not_initialized}, State};
        _ -> {reply, {error, {pool_not_found, Name}}, State}
    end;
handle_call({get_stats, Name}, _From, #{pools := Pools} = State) ->
    case Pools of
        #{Name := #{stats := Stats, workers := Workers, available := #{map := Available}, worker_loads := Loads,
                    request_queue := Queue}} ->
            {reply, Stats#{workers => length(Workers), available => map_size(Available), busy => map_size(Loads),
                           queued => queue:len(Queue)}, State};
        _ -> {reply, {error, {pool_not_found, Name}}, State}
    end;
handle_call({list_workers, Name}, _From, #{pools := Pools} = State) ->
    case Pools of
        #{Name := #{workers := Workers}} -> {reply, Workers, State};
        _ -> {reply, {error, {pool_not_found, Name}}, State}
    end;
handle_call({worker_ready, Id}, _From, #{pools := Pools} = State) ->
    {ok, _, #{pool_identifier := Name}} = ?REGISTRY:fetch_worker(Id),
    #{Name := #{workers := Workers, ready_workers := #{map := Ready}} = Pool} = Pools,
    gen_server:cast(self(), {checkin_worker, Name, Id, skip_decrement}),
    Known = Pool#{workers := [Id | lists:delete(Id, Workers)], ready_workers := set([Id | maps:keys(Ready)]),
                  initialized := true},
    {reply, ok, stored(Name, offered(Id, Known), State)}.

handle_cast({checkin_worker, Name, Id}, #{pools := Pools} = State) ->
    #{Name := Pool} = Pools,
    {noreply, stored(Name, next_queued(Id, Name, loaded(Id, -1, Pool)), State)};
handle_cast({checkin_worker, Name, Id, skip_decrement}, #{pools := Pools} = State) ->
    #{Name := Pool} = Pools,
    {noreply, stored(Name, next_queued(Id, Name, Pool), State)}.

handle_info({queue_timeout, Name, From}, #{pools := Pools} = State) ->
    #{Name := #{request_queue := Queue} = Pool} = Pools,
    Rest = queue:filter(fun({Waiting, _, _}) -> Waiting =/= From end, Queue),
    case queue:len(Rest) < queue:len(Queue) of
        true ->
            gen_server:reply(From, {error, queue_timeout}),
            {noreply, stored(Name, counted(queue_timeouts, Pool#{request_queue := Rest}), State)};
        false -> {noreply, State}
    end;
handle_info({'DOWN', _, process, Pid, _}, #{pools := Pools} = State) ->
    case ?REGISTRY:get_worker_id_by_pid(Pid) of
        {error, not_found} -> {noreply, State};
        {ok, Id} ->
            {ok, _, #{pool_identifier := Name}} = ?REGISTRY:fetch_worker(Id),
            #{Name := #{workers := Workers, available := #{map := Available}, ready_workers := #{map := Ready},
                        worker_loads := Loads} = Pool} = Pools,
            {noreply, stored(Name, Pool#{workers := lists:delete(Id, Workers),
                                         available := set(maps:keys(maps:remove(Id, Available))),
                                         ready_workers := set(maps:keys(maps:remove(Id, Ready))),
                                         worker_loads := maps:remove(Id, Loads)}, State)}
    end;
handle_info(reconcile_pools, #{pools := Pools} = State) ->
    [refill(Name, Size) || {Name, #{size := Size}} <- maps:to_list(Pools)],
    reconcile_later(),
    {noreply, State};
handle_info(_Message, State) -> {noreply, State}.

%% Only workers whose name begins so count: one that the lifecycle manager started is not among them.
refill(Name, Size) ->
    Prefix = iolist_to_binary([atom_to_binary(Name), <<"_worker_">>]),
    Ours = [Id || Id <- ?WORKERS:list_starters(self()), binary:longest_common_prefix([Id, Prefix]) =:= byte_size(Prefix)],
    [?WORKERS:start_worker(<<Prefix/binary, (unique())/binary>>, self(), Name)
     || _ <- lists:seq(1, max(0, min(2, Size - length(Ours))))].

reconcile_later() ->
    case application:get_env(snakepit, pool_reconcile_interval_ms, 1000) of
        0 -> off;
        Ms -> erlang:send_after(Ms, self(), reconcile_pools)
    end.

spawn_initial(Server, Pool, Number) ->
    Id = io_lib:format("~ts_worker_~b_~ts", [Pool, Number, unique()]),
    spawn(fun() -> ?WORKERS:start_worker(iolist_to_binary(Id), Server, Pool) end).

unique() -> integer_to_binary(erlang:unique_integer([positive, monotonic])).

next_available(#{available := #{map := Available}}) ->
    case lists:search(fun(Id) -> not ?TAINTS:'worker_tainted?'(Id) end, lists:sort(maps:keys(Available))) of
        {value, Id} -> Id;
        false -> none
    end.

queued(From, Args, Name, #{request_queue := Queue, max_queue_size := Most, queue_timeout := Timeout} = Pool, State) ->
    case queue:len(Queue) < Most of
        true ->
            Timer = erlang:send_after(Timeout, self(), {queue_timeout, Name, From}),
            Waiting = Pool#{request_queue := queue:in({From, Args, Timer}, Queue)},
            {noreply, stored(Name, counted(queued, counted(requests, Waiting)), State)};
        false -> {reply, {error, pool_saturated}, stored(Name, counted(pool_saturated, Pool), State)}
    end.

next_queued(Id, Name, #{request_queue := Queue} = Pool) ->
    Worker = case ?TAINTS:'worker_tainted?'(Id) of true -> next_available(Pool); false -> Id end,
    case queue:out(Queue) of
        {{value, {From, Args, Timer}}, Rest} when Worker =/= none ->
            _ = erlang:cancel_timer(Timer),
            dispatched(From, Args, Worker, Name, Pool#{request_queue := Rest});
        _ -> Pool
    end.

dispatched(From, Args, Id, Name, Pool) ->
    Server = self(),
    spawn(fun() ->
        Reply = case ?REGISTRY:get_worker_pid(Id) of
            {ok, Pid} ->
                try gen_server:call(Pid, {execute, Args}, infinity) catch exit:Why -> {error, {worker_exit, Why}} end;
            {error, _} -> {error, failure(worker, <<"Worker not found">>, #{worker_id => Id})}
        end,
        gen_server:reply(From, Reply),
        gen_server:cast(Server, {checkin_worker, Name, Id})
    end),
    loaded(Id, 1, Pool).

loaded(Id, By, #{worker_loads := Loads} = Pool) ->
    Left = case max(0, maps:get(Id, Loads, 0) + By) of
        0 -> maps:remove(Id, Loads);
        Load -> Loads#{Id => Load}
    end,
    offered(Id, Pool#{worker_loads := Left}).

offered(Id, #{available := #{map := Available}, ready_workers := #{map := Ready}, worker_loads := Loads} = Pool) ->
    case is_map_key(Id, Ready) andalso not is_map_key(Id, Loads) of
        true -> Pool#{available := set([Id | maps:keys(Available)])};
        false -> Pool#{available := set(maps:keys(maps:remove(Id, Available)))}
    end.

set(Members) -> #{'__struct__' => 'Elixir.MapSet', map => maps:from_keys(Members, [])}.
counted(What, #{stats := Stats} = Pool) -> Pool#{stats := maps:update_with(What, fun(N) -> N + 1 end, Stats)}.
stored(Name, Pool, #{pools := Pools} = State) -> State#{pools := Pools#{Name := Pool}}.
