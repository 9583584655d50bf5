%% A session store that answers as Snakepit's own does (0.13): the same module, table, calls, records and state.
-module('Elixir.Snakepit.Bridge.SessionStore').
-behaviour(gen_server).

-export([start_link/0, start_link/1, init/1, handle_call/3, handle_cast/2, handle_info/2]).
-export([create_session/1, create_session/2, create_session/3, get_session/1, get_session/2, update_session/2]).
-export([update_session/3, delete_session/1, delete_session/2, list_sessions/0, list_sessions/1, get_stats/0]).
-export([get_stats/1, 'session_exists?'/1, 'session_exists?'/2, cleanup_expired_sessions/0]).
-export([cleanup_expired_sessions/1, store_worker_session/2, store_worker_session/3]).

-define(SESSION, 'Elixir.Snakepit.Bridge.Session').

create_session(Id) -> create_session(?MODULE, Id, []).
create_session(Id, Options) -> create_session(?MODULE, Id, Options).
create_session(Server, Id, Options) -> gen_server:call(Server, {create_session, Id, Options}).
get_session(Id) -> get_session(?MODULE, Id).
get_session(Server, Id) -> gen_server:call(Server, {get_session, Id}).
update_session(Id, Change) -> update_session(?MODULE, Id, Change).
update_session(Server, Id, Change) -> gen_server:call(Server, {update_session, Id, Change}).
delete_session(Id) -> delete_session(?MODULE, Id).
delete_session(Server, Id) -> gen_server:call(Server, {delete_session, Id}).
list_sessions() -> list_sessions(?MODULE).
list_sessions(Server) -> gen_server:call(Server, list_sessions).
get_stats() -> get_stats(?MODULE).
get_stats(Server) -> gen_server:call(Server, get_stats).
'session_exists?'(Id) -> 'session_exists?'(?MODULE, Id).
'session_exists?'(Server, Id) -> gen_server:call(Server, {session_exists, Id}).
cleanup_expired_sessions() -> cleanup_expired_sessions(?MODULE).
cleanup_expired_sessions(Server) -> gen_server:call(Server, cleanup_expired_sessions).
store_worker_session(Id, Worker) -> store_worker_session(?MODULE, Id, Worker).
store_worker_session(Server, Id, Worker) -> gen_server:call(Server, {upsert_worker_session, Id, Worker}).

%% Options: name, table_name, max_sessions (10000), default_ttl (3600 s), cleanup_interval (60000 ms).
start_link() -> start_link([]).
start_link(Options) ->
    gen_server:start_link({local, proplists:get_value(name, Options, ?MODULE)}, ?MODULE, Options, []).

init(Options) ->
    Name = proplists:get_value(table_name, Options, snakepit_sessions),
    Table = ets:new(Name, [set, protected, named_table, {read_concurrency, true}, {write_concurrency, true}]),
    Interval = proplists:get_value(cleanup_interval, Options, 60000),
    erlang:send_after(Interval, self(), cleanup_expired_sessions),
    {ok, #{table => Table, table_name => Name, cleanup_interval => Interval,
           default_ttl => proplists:get_value(default_ttl, Options, 3600),
           max_sessions => proplists:get_value(max_sessions, Options, 10000), strict_mode => false,
           stats => #{sessions_created => 0, sessions_deleted => 0, sessions_expired => 0, cleanup_runs => 0}}}.

handle_call({create_session, Id, Options}, _From, #{table := Table} = State) ->
    Session = new_session(Id, Options, State),
    case {has_room(State), maps:get(ttl, Session)} of
        {_, Ttl} when not is_integer(Ttl); Ttl < 0 -> {reply, {error, invalid_ttl}, State};
        {false, _} -> {reply, {error, session_quota_exceeded}, State};
        _ ->
            case ets:insert_new(Table, row(Session)) of
                true -> {reply, {ok, Session}, counted(sessions_created, State)};
                false -> [{_, {_, _, Existing}}] = ets:lookup(Table, Id), {reply, {ok, Existing}, State}
            end
    end;
handle_call({get_session, Id}, _From, State) ->
    {reply, changed(Id, fun(Session) -> Session end, State), State};
handle_call({update_session, Id, Change}, _From, State) ->
    Reply = try changed(Id, Change, State) catch _:Reason -> {error, {update_failed, Reason}} end,
    {reply, Reply, State};
handle_call({delete_session, Id}, _From, #{table := Table} = State) ->
    ets:delete(Table, Id),
    {reply, ok, counted(sessions_deleted, State)};
handle_call(list_sessions, _From, #{table := Table} = State) ->
    {reply, ets:select(Table, [{{'$1', '_'}, [], ['$1']}]), State};
handle_call({session_exists, Id}, _From, #{table := Table} = State) ->
    {reply, ets:member(Table, Id), State};
handle_call(get_stats, _From, #{table := Table, stats := Stats} = State) ->
    {reply, Stats#{current_sessions => ets:info(Table, size)}, State};
handle_call(cleanup_expired_sessions, _From, State) ->
    cleaned(State);
handle_call({upsert_worker_session, Id, Worker}, _From, State) ->
    case changed(Id, fun(Session) -> Session#{last_worker_id := Worker} end, State) of
        {ok, _} -> {reply, ok, State};
        {error, not_found} ->
            case has_room(State) of
                true ->
                    ets:insert(maps:get(table, State), row((new_session(Id, [], State))#{last_worker_id := Worker})),
                    {reply, ok, counted(sessions_created, State)};
                false -> {reply, {error, session_quota_exceeded}, State}
            end
    end.

handle_cast(_Message, State) -> {noreply, State}.

handle_info(cleanup_expired_sessions, #{cleanup_interval := Interval} = State) ->
    erlang:send_after(Interval, self(), cleanup_expired_sessions),
    {reply, _, After} = cleaned(State),
    {noreply, After};
handle_info(_Message, State) -> {noreply, State}.

new_session(Id, Options, #{default_ttl := Ttl}) ->
    Now = erlang:monotonic_time(second),
    #{'__struct__' => ?SESSION, id => Id, created_at => Now, last_accessed => Now,
      last_worker_id => proplists:get_value(last_worker_id, Options, nil),
      ttl => proplists:get_value(ttl, Options, Ttl),
      programs => proplists:get_value(programs, Options, #{}),
      metadata => proplists:get_value(metadata, Options, #{}),
      stats => #{program_count => 0}}.

changed(Id, Change, #{table := Table}) ->
    case ets:lookup(Table, Id) of
        [{_, {_, _, Session}}] ->
            #{created_at := Created, last_accessed := Accessed} = Changed = Change(Session),
            case Accessed >= Created of
                true ->
                    Touched = Changed#{last_accessed := erlang:monotonic_time(second)},
                    ets:insert(Table, row(Touched)),
                    {ok, Touched};
                false -> {error, invalid_timestamps}
            end;
        [] -> {error, not_found}
    end.

row(#{id := Id, last_accessed := Accessed, ttl := Ttl} = Session) -> {Id, {Accessed, Ttl, Session}}.

has_room(#{max_sessions := infinity}) -> true;
has_room(#{max_sessions := Most, table := Table}) -> ets:info(Table, size) < Most.

cleaned(#{table := Table} = State) ->
    Now = erlang:monotonic_time(second),
    Gone = ets:select_delete(Table, [{{'_', {'$1', '$2', '_'}}, [{'<', {'+', '$1', '$2'}, Now}], [true]}]),
    {reply, Gone, counted(cleanup_runs, State)}.

counted(What, #{stats := Stats} = State) -> State#{stats := maps:update_with(What, fun(N) -> N + 1 end, Stats)}.
