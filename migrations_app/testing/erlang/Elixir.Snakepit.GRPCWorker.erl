%% A worker that answers as Snakepit's own does (0.13): one call at a time, a health check among them. When it is stopped,
%% what is in its hands fails at once, and then it takes as long to end as its Python process would.
-module('Elixir.Snakepit.GRPCWorker').
-behaviour(gen_server).

-export([start/3, get_health/1, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).

-define(MANAGER, 'Elixir.Snakepit.Worker.LifecycleManager').

start(Id, Server, Pool) -> gen_server:start(?MODULE, {Id, Server, Pool}, []).
get_health(Pid) -> gen_server:call(Pid, get_health).

init({Id, Server, Pool}) ->
    process_flag(trap_exit, true),
    'Elixir.Snakepit.Pool.Registry':register(Id, #{worker_module => ?MODULE, pool_name => Server, pool_identifier => Pool}),
    {ok, #{id => Id, pool_name => Server, pool => Pool, now => none, waiting => queue:new()}, {continue, connect_and_wait}}.

handle_continue(connect_and_wait, State) ->
    case setting(starting, State) of
        hang -> ok;
        Ms when is_integer(Ms) -> erlang:send_after(Ms, self(), connected)
    end,
    {noreply, State}.

handle_call({execute, _} = Call, From, State) -> {noreply, next(enqueued(Call, From, State))};
handle_call(get_health, From, State) -> {noreply, next(enqueued(get_health, From, State))}.

handle_cast(_Message, State) -> {noreply, State}.

handle_info(connected, #{id := Id, pool_name := Server, pool := Pool} = State) ->
    ok = gen_server:call(Server, {worker_ready, Id}),
    ?MANAGER:track_worker(Server, Id, self(), Pool),
    {noreply, State};
handle_info({done, Reply}, #{now := From} = State) when From =/= none ->
    gen_server:reply(From, Reply),
    {noreply, next(State#{now := none})};
handle_info({'EXIT', _, shutdown}, State) -> {stop, shutdown, State};
handle_info(_Message, State) -> {noreply, State}.

terminate(_Reason, #{now := Now, waiting := Waiting, id := Id} = State) ->
    Reply = {error, #{'__struct__' => 'Elixir.Snakepit.Error', category => worker,
                      message => <<"Worker shutting down">>, details => #{worker_id => Id}}},
    [gen_server:reply(From, Reply) || From <- [Now | [From || {_, From} <- queue:to_list(Waiting)]], From =/= none],
    timer:sleep(setting(stopping, State)).

enqueued(Call, From, #{waiting := Waiting} = State) -> State#{waiting := queue:in({Call, From}, Waiting)}.

next(#{now := none, waiting := Waiting} = State) ->
    case queue:out(Waiting) of
        {{value, {{execute, #{ms := Ms}}, From}}, Rest} ->
            erlang:send_after(Ms, self(), {done, {ok, maps:get(id, State)}}),
            State#{now := From, waiting := Rest};
        {{value, {get_health, From}}, Rest} ->
            self() ! {done, setting(health, State)},
            State#{now := From, waiting := Rest};
        {empty, _} -> State
    end;
next(State) -> State.

setting(Name, #{pool_name := Server}) -> snakeweb_fixture_pool:setting(Server, Name).
