%% A session store of another kind than Snakepit's: its sessions lie in its own process, as those of a store that is
%% spread over several nodes lie in many. It answers the same calls with the same records.
-module('Elixir.Acme.Sessions').
-behaviour(gen_server).

-export([start_link/1, init/1, handle_call/3, handle_cast/2]).

-define(SESSION, 'Elixir.Snakepit.Bridge.Session').

%% Options: name, max_sessions (infinity).
start_link(Options) -> gen_server:start_link({local, proplists:get_value(name, Options, ?MODULE)}, ?MODULE, Options, []).

init(Options) -> {ok, #{max_sessions => proplists:get_value(max_sessions, Options, infinity), sessions => #{}}}.

handle_call({create_session, Id, Options}, _From, #{sessions := Sessions, max_sessions := Most} = State) ->
    case Sessions of
        #{Id := Existing} -> {reply, {ok, Existing}, State};
        _ when map_size(Sessions) >= Most -> {reply, {error, session_quota_exceeded}, State};
        _ ->
            Now = erlang:monotonic_time(second),
            Session = #{'__struct__' => ?SESSION, id => Id, created_at => Now, last_accessed => Now,
                        last_worker_id => proplists:get_value(last_worker_id, Options, nil),
                        ttl => proplists:get_value(ttl, Options, 3600),
                        programs => proplists:get_value(programs, Options, #{}),
                        metadata => proplists:get_value(metadata, Options, #{}), stats => #{program_count => 0}},
            {reply, {ok, Session}, State#{sessions := Sessions#{Id => Session}}}
    end;
handle_call({get_session, Id}, From, State) ->
    handle_call({update_session, Id, fun(Session) -> Session end}, From, State);
handle_call({update_session, Id, Change}, _From, #{sessions := Sessions} = State) ->
    case Sessions of
        #{Id := Session} ->
            Touched = (Change(Session))#{last_accessed := erlang:monotonic_time(second)},
            {reply, {ok, Touched}, State#{sessions := Sessions#{Id := Touched}}};
        _ -> {reply, {error, not_found}, State}
    end;
handle_call({delete_session, Id}, _From, #{sessions := Sessions} = State) ->
    {reply, ok, State#{sessions := maps:remove(Id, Sessions)}};
handle_call({session_exists, Id}, _From, #{sessions := Sessions} = State) ->
    {reply, is_map_key(Id, Sessions), State};
handle_call(list_sessions, _From, #{sessions := Sessions} = State) ->
    {reply, maps:keys(Sessions), State};
handle_call(get_stats, _From, #{sessions := Sessions} = State) ->
    {reply, #{current_sessions => map_size(Sessions)}, State};
handle_call(cleanup_expired_sessions, _From, #{sessions := Sessions} = State) ->
    Now = erlang:monotonic_time(second),
    Living = maps:filter(fun(_, #{last_accessed := Accessed, ttl := Ttl}) -> Accessed + Ttl >= Now end, Sessions),
    {reply, map_size(Sessions) - map_size(Living), State#{sessions := Living}}.

handle_cast(_Message, State) -> {noreply, State}.
