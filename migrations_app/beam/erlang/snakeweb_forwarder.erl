%% A session server whose sessions live in another store. It is loaded under the name of the store's own module and
%% answers the same calls; the process, its name and its old table stay.
%%
%% Configuration: `ways`, a list of {Module, Settings}, each a way to the store; a later one is for when the store before
%% it has given the sessions away. A way's functions take its settings first, and run in this process:
%%   read(Id) -> {Value, Length, Seen} | missing     Length: {slides, Ms} | {ends_in, Ms} | never
%%   exists(Id) -> boolean()
%%   create(Id, Value, Ms) -> written | exists       Ms: its sliding length
%%   replace(Id, Value, Ms, Seen) -> written | changed     only what a read saw
%%   touch(Id) -> boolean()                          whether it was there
%%   delete(Id) -> ok
%%   close() -> ok                                   without settings
%% They throw {store_unavailable, Reason}, or `moved` when another store serves now, and go by the time that a caller
%% waits: `snakeweb_until` in the process dictionary, in monotonic milliseconds.
%%
%% Settings hold secrets: they are kept as a persistent term, never in the state, which a crash report would print.
%% What means something on this node only stays on it: sessions that it made for its own workers, which worker a session
%% was last with, and the names of the sessions that this node knows of.
%% No macros, and the module's name is replaced when it is compiled.
-module(snakeweb_forwarder).
-behaviour(gen_server).
-snakeweb_forwarder(1).

-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2, code_change/3]).
-export([start_link/0, start_link/1, child_spec/1, create_session/1, create_session/2, create_session/3]).
-export([get_session/1, get_session/2, update_session/2, update_session/3, delete_session/1, delete_session/2]).
-export([list_sessions/0, list_sessions/1, get_stats/0, get_stats/1, 'session_exists?'/1, 'session_exists?'/2]).
-export([cleanup_expired_sessions/0, cleanup_expired_sessions/1, store_worker_session/2, store_worker_session/3]).
-export(['__info__'/1]).

%% -- what callers call ------------------------------------------------------------------------------------------------

start_link() -> start_link([]).
start_link(Options) ->
    gen_server:start_link({local, proplists:get_value(name, Options, ?MODULE)}, ?MODULE, Options, []).
child_spec(Options) -> #{id => ?MODULE, start => {?MODULE, start_link, [Options]}}.

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

'__info__'(module) -> ?MODULE;
'__info__'(functions) -> [Export || Export <- ?MODULE:module_info(exports)];
'__info__'(_) -> [].

%% -- the server -------------------------------------------------------------------------------------------------------

%% Started anew by its supervisor: the sessions are elsewhere. What the store's own code would need to go on is
%% kept beside the process; the names of sessions, and who was last with them, are forgotten.
init(_Options) ->
    {_, Original} = persistent_term:get({snakeweb_forwarder, ?MODULE}),
    Table = ets:new(maps:get(table_name, Original, snakepit_sessions), [set, protected, named_table]),
    #{snakeweb := Ours} = State = taken_over(Original#{table => Table}),
    {ok, State#{snakeweb => Ours#{swept => true}}}.

%% Extra is the configuration; `original` gives the state back that the store's own code knows. Its sweeper, which we
%% may have interrupted, begins again.
code_change(_Old, #{snakeweb := #{original := State, names := Names, swept := Swept}}, original) ->
    true = ets:delete(Names),
    closed(),
    persistent_term:erase({snakeweb_forwarder, ?MODULE}),
    Swept andalso (self() ! cleanup_expired_sessions),
    {ok, State};
code_change(_Old, State, Config) when is_map(Config) ->
    persistent_term:put({snakeweb_forwarder, ?MODULE}, {Config, State}),
    {ok, taken_over(State)};
code_change(_Old, State, _) -> {ok, State}.

taken_over(#{table := Table} = State) ->
    Names = ets:new(snakeweb_names, [set, protected]),
    true = ets:insert(Names, [{Id, nil} || Id <- ets:select(Table, [{{'$1', '_'}, [], ['$1']}])]),
    State#{snakeweb => #{names => Names, original => State, swept => false}}.

handle_call(Request, _From, State) ->
    put(snakeweb_until, erlang:monotonic_time(millisecond) + 4000),
    Reply = try served(Request, State) catch
        throw:Refusal -> {error, Refusal};
        _:_ -> {error, store_unavailable}
    end,
    {reply, Reply, State}.

handle_cast(_Message, State) -> {noreply, State}.
handle_info(cleanup_expired_sessions, #{snakeweb := Ours} = State) -> {noreply, State#{snakeweb => Ours#{swept => true}}};
handle_info(_Message, State) -> {noreply, State}.
terminate(_Reason, _State) -> closed().

served(Request, State) when is_tuple(Request), tuple_size(Request) >= 2, is_binary(element(2, Request)) ->
    case is_own(element(2, Request)) of
        true -> local(Request, State);
        false -> answer(Request, State)
    end;
served(Request, State) -> answer(Request, State).

is_own(<<"session_", _/binary>> = Id) -> re:run(Id, "^session_[0-9]+_[0-9]+$", [{capture, none}]) =:= match;
is_own(Id) -> Id =:= <<"default_session">>.

%% The node's own sessions, in the old table, in the old way.
local({create_session, Id, Options}, #{table := Table} = State) ->
    Session = new_session(Id, Options, State),
    case ets:insert_new(Table, row(Session)) of
        true -> {ok, Session};
        false -> {ok, element(3, ets:lookup_element(Table, Id, 2))}
    end;
local({get_session, Id}, State) -> kept(Id, fun(Session) -> Session end, State);
local({update_session, Id, Change}, State) ->
    try kept(Id, Change, State) catch _:Reason -> {error, {update_failed, Reason}} end;
local({delete_session, Id}, #{table := Table}) -> ets:delete(Table, Id), ok;
local({session_exists, Id}, #{table := Table}) -> ets:member(Table, Id);
local({upsert_worker_session, Id, Worker}, #{table := Table} = State) ->
    ets:member(Table, Id) orelse local({create_session, Id, []}, State),
    {ok, _} = kept(Id, fun(Session) -> Session#{last_worker_id => Worker} end, State),
    ok;
local(_, _) -> throw(not_supported).

kept(Id, Change, #{table := Table}) ->
    case ets:lookup(Table, Id) of
        [{_, {_, _, Session}}] ->
            Touched = (Change(Session))#{last_accessed => erlang:monotonic_time(second)},
            ets:insert(Table, row(Touched)),
            {ok, Touched};
        [] -> {error, not_found}
    end.

row(#{id := Id, last_accessed := Accessed, ttl := Ttl} = Session) -> {Id, {Accessed, Ttl, Session}}.

new_session(Id, Options, State) ->
    Ttl = proplists:get_value(ttl, Options, maps:get(default_ttl, State, 3600)),
    is_integer(Ttl) andalso Ttl >= 0 orelse throw(invalid_ttl),
    Now = erlang:monotonic_time(second),
    #{'__struct__' => 'Elixir.Snakepit.Bridge.Session', id => Id, created_at => Now, last_accessed => Now,
      ttl => Ttl, last_worker_id => proplists:get_value(last_worker_id, Options, nil),
      programs => proplists:get_value(programs, Options, #{}),
      metadata => proplists:get_value(metadata, Options, #{}), stats => #{program_count => 0}}.

answer({create_session, Id, Options}, State) ->
    Session = new_session(Id, Options, State),
    case store(create, [Id, value(Session), length_of(Session)]) of
        written -> known(Session, State), {ok, Session};
        exists -> found(Id, State)
    end;
answer({get_session, Id}, State) ->
    case touched(Id, State) of
        true -> found(Id, State);
        false -> {error, not_found}
    end;
answer({update_session, Id, Change}, State) -> updated(Id, Change, State, 5);
answer({delete_session, Id}, State) ->
    ok = store(delete, [Id]),
    forgotten(Id, State),
    ok;
answer(list_sessions, #{table := Table, snakeweb := #{names := Names}}) ->
    Own = [Id || Id <- ets:select(Table, [{{'$1', '_'}, [], ['$1']}]), is_own(Id)],
    Own ++ [Id || Id <- ets:select(Names, [{{'$1', '_'}, [], ['$1']}]), not is_own(Id)];
answer({session_exists, Id}, State) -> store(exists, [Id]) orelse (begin forgotten(Id, State), false end);
answer(get_stats, #{snakeweb := #{names := Names}} = State) ->
    (maps:get(stats, State, #{}))#{current_sessions => ets:info(Names, size), memory_usage_bytes => 0, table_info => []};
answer(cleanup_expired_sessions, _State) -> 0;
answer({upsert_worker_session, Id, Worker}, #{snakeweb := #{names := Names}} = State) ->
    touched(Id, State) orelse answer({create_session, Id, []}, State),
    ets:insert(Names, {Id, Worker}),
    ok;
answer(_, _State) -> throw(not_supported).

found(Id, State) ->
    case store(read, [Id]) of
        missing -> forgotten(Id, State), {error, not_found};
        {Value, Length, _} -> {ok, session(Id, Value, Length, State)}
    end.

touched(Id, State) -> store(touch, [Id]) orelse (begin forgotten(Id, State), false end).

%% Others may write the session too: only its version that the change was made from is replaced.
updated(_Id, _Change, _State, 0) -> {error, {update_failed, changed_meanwhile}};
updated(Id, Change, State, Tries) ->
    case store(read, [Id]) of
        missing -> forgotten(Id, State), {error, not_found};
        {Value, Length, Seen} ->
            try Change(session(Id, Value, Length, State)) of
                #{id := Id, programs := Programs, metadata := Metadata} = Changed
                        when is_map(Programs), is_map(Metadata) ->
                    After = Changed#{last_accessed => erlang:monotonic_time(second)},
                    case store(replace, [Id, value(After), length_of(After), Seen]) of
                        written -> known(After, State), {ok, After};
                        changed -> updated(Id, Change, State, Tries - 1)
                    end;
                _ -> {error, not_a_session}
            catch
                _:Reason -> {error, {update_failed, Reason}}
            end
    end.

%% The session without its place and times, as Snakeweb's store of a node has it.
value(Session) -> term_to_binary(maps:without([id, created_at, last_accessed, last_worker_id, ttl], Session)).

length_of(#{ttl := Ttl}) -> max(1, Ttl * 1000).

session(Id, Value, Length, #{snakeweb := #{names := Names}} = State) ->
    Now = erlang:monotonic_time(second),
    Ttl = case Length of
        {_, Ms} -> max(0, Ms) div 1000;
        never -> maps:get(default_ttl, State, 3600)
    end,
    Worker = case ets:lookup(Names, Id) of [{_, Known}] -> Known; [] -> nil end,
    (binary_to_term(Value))#{id => Id, created_at => Now, last_accessed => Now, ttl => Ttl, last_worker_id => Worker}.

known(#{id := Id, last_worker_id := Worker}, #{snakeweb := #{names := Names}}) -> ets:insert(Names, {Id, Worker}).
forgotten(Id, #{snakeweb := #{names := Names}}) -> ets:delete(Names, Id).

%% -- the ways to the store --------------------------------------------------------------------------------------------

store(Function, Arguments) ->
    Ways = ways(),
    asked(case get(snakeweb_moved) of undefined -> Ways; true -> tl(Ways) end, Function, Arguments).

%% The second way follows the sessions wherever they go, so there is no way back from it. What the first one saw says
%% nothing there: then the session is read again.
asked([{Way, Settings} | Others], Function, Arguments) ->
    try apply(Way, Function, [Settings | Arguments]) catch
        throw:moved when Others =:= [] -> throw({store_unavailable, moved});
        throw:moved ->
            put(snakeweb_moved, true),
            case Function of
                replace -> changed;
                _ -> asked(Others, Function, Arguments)
            end
    end.

closed() ->
    erase(snakeweb_moved),
    lists:foreach(fun({Way, _}) -> catch Way:close() end, ways()).

ways() ->
    {#{ways := Ways}, _} = persistent_term:get({snakeweb_forwarder, ?MODULE}),
    Ways.
