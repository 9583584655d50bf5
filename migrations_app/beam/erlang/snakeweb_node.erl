%% What a hand-over needs on the node: marks of what changed, a pause that ends by itself, and the change of code.
%%
%% A session server stands still between `hold` and `switch` or `release`, for as long as it was allowed at the most: a
%% process here, not the control plane, keeps that time, and lets the server go on as it was when nobody comes back.
%% Everything may be called again. No macros: the text is parsed on the node, which may lack a preprocessor.
-module(snakeweb_node).

-export([watch/2, unwatch/2, watches/2, marked/2, acknowledge/2, mark/3]).
-export([hold/3, standing/1, switch/5, restore/3, release/2, callback_module/1, keeper/4]).

%% Note from now on which sessions are asked for by name; the marks lie in a table of the server's own.
watch(Server, Marks) ->
    case watches(Server, Marks) of
        true -> ok;
        false ->
            _ = sys:replace_state(Server, fun(State) ->
                ets:whereis(Marks) =/= undefined orelse ets:new(Marks, [named_table, public, set]),
                State
            end),
            ok = sys:install(Server, {{?MODULE, Marks}, fun ?MODULE:mark/3, {Marks, none}})
    end.

unwatch(Server, Marks) ->
    sys:remove(Server, {?MODULE, Marks}),
    _ = sys:replace_state(Server, fun(State) ->
        ets:whereis(Marks) =:= undefined orelse ets:delete(Marks),
        State
    end),
    ok.

%% Whether each change is being marked. A debug function that failed once is dropped by the server without a word.
watches(Server, Marks) ->
    {status, _, _, [_, _, _, Debug | _]} = sys:get_status(Server),
    ets:whereis(Marks) =/= undefined andalso
        lists:any(fun(One) -> is_tuple(One) andalso element(1, One) =:= {?MODULE, Marks} end, Debug).

%% Called by the server for each event. The mark comes after the change, so that whoever reads the row because of a mark
%% reads the change.
mark({Marks, _}, {in, {'$gen_call', _, Request}}, _) -> {Marks, id_in(Request)};
mark({Marks, _}, {in, {'$gen_cast', Request}}, _) -> {Marks, id_in(Request)};
mark({Marks, _}, {in, {'$gen_call', _, Request}, _}, _) -> {Marks, id_in(Request)};
mark({Marks, none}, _, _) -> {Marks, none};
mark({Marks, Id}, Event, _) when element(1, Event) =:= out; element(1, Event) =:= noreply ->
    ets:update_counter(Marks, Id, 1, {Id, 0}),
    {Marks, none};
mark(Known, _, _) -> Known.

%% Not of sessions that the node made for its own workers, which stay there.
id_in(Request) when is_tuple(Request), tuple_size(Request) >= 2, is_binary(element(2, Request)) ->
    case is_own(element(2, Request)) of
        true -> none;
        false -> element(2, Request)
    end;
id_in(_) -> none.

is_own(<<"session_", _/binary>> = Id) -> re:run(Id, "^session_[0-9]+_[0-9]+$", [{capture, none}]) =:= match;
is_own(Id) -> Id =:= <<"default_session">>.

%% Some marks, as {Id, How often}.
marked(Marks, Most) ->
    case ets:select(Marks, [{'$1', [], ['$1']}], Most) of
        {Some, _} -> Some;
        '$end_of_table' -> []
    end.

%% Take these marks away, but for sessions that changed again.
acknowledge(Marks, Some) -> lists:foreach(fun(Mark) -> ets:delete_object(Marks, Mark) end, Some).

%% Stop the server before its next call. Gives ok; the server goes on by itself after LimitMs. Key tells whose pause it
%% is: somebody who slept through the end of theirs must not end another one's.
hold(Server, Key, LimitMs) ->
    Caller = self(),
    Mark = make_ref(),
    spawn(?MODULE, keeper, [Server, Key, LimitMs, {Caller, Mark}]),
    receive {Mark, Answer} -> Answer after 10000 -> {error, timeout} end.

%% free; held: stands still for a hand-over; forwarding: the forwarder answers.
standing(Server) ->
    case whereis(keeper_name(Server)) of
        undefined ->
            Attributes = (callback_module(Server)):module_info(attributes),
            case lists:keymember(snakeweb_forwarder, 1, Attributes) of
                true -> forwarding;
                false -> free
            end;
        _ -> held
    end.

%% Another callback module for the held server, by its own code_change; then it goes on. Code is {its object code, a list
%% of {Name, Beam} that it calls}. Gives {switched, microseconds that it stood still} or {error, Reason}, with everything
%% as it was.
switch(Server, Key, Module, Code, Extra) -> ask_keeper(Server, Key, {switch, Module, Code, Extra}).

%% The module's own code and the state that it left, for the held server; then it goes on, and what was loaded beside its
%% code goes. Answers as `switch` does.
restore(Server, Key, Module) -> ask_keeper(Server, Key, {restore, Module}).

release(Server, Key) -> ask_keeper(Server, Key, release).

ask_keeper(Server, Key, Request) ->
    case whereis(keeper_name(Server)) of
        undefined -> {error, not_held};
        Keeper ->
            Watch = monitor(process, Keeper),
            Keeper ! {self(), Watch, Key, Request},
            receive
                {Watch, Answer} -> demonitor(Watch, [flush]), Answer;
                {'DOWN', Watch, process, _, _} -> {error, not_held}
            after 10000 -> {error, timeout}
            end
    end.

keeper_name(Server) -> list_to_atom(atom_to_list(Server) ++ " held by snakeweb").

%% The process that keeps the time of one pause.
keeper(Server, Key, LimitMs, {Caller, Mark}) ->
    try register(keeper_name(Server), self()) of
        true ->
            Since = erlang:monotonic_time(microsecond),
            try sys:suspend(Server, LimitMs) of
                ok ->
                    Caller ! {Mark, ok},
                    keep(Server, Key, Since, Since + LimitMs * 1000)
            catch _:_ ->
                %% It may have been suspended after we stopped waiting for it.
                catch sys:resume(Server),
                Caller ! {Mark, {error, busy}}
            end
    catch error:badarg -> Caller ! {Mark, ask_keeper(Server, Key, again)}
    end.

keep(Server, Key, Since, Until) ->
    Left = max(0, (Until - erlang:monotonic_time(microsecond)) div 1000),
    receive
        {From, Watch, Other, _} when Other =/= Key ->
            From ! {Watch, {error, held_by_another}},
            keep(Server, Key, Since, Until);
        {From, Watch, Key, again} ->
            From ! {Watch, ok},
            keep(Server, Key, Since, Until);
        {From, Watch, Key, release} ->
            From ! {Watch, {released, resumed(Server, Since)}};
        {From, Watch, Key, Change} ->
            case changed(Server, Change) of
                ok -> From ! {Watch, {switched, resumed(Server, Since)}};
                {error, Reason} ->
                    From ! {Watch, {error, Reason}},
                    keep(Server, Key, Since, Until)
            end
    after Left -> resumed(Server, Since)
    end.

resumed(Server, Since) ->
    ok = sys:resume(Server),
    unregister(keeper_name(Server)),
    erlang:monotonic_time(microsecond) - Since.

%% Whoever still runs the code before the present one would be killed by a third: then nothing is changed.
changed(Server, {switch, Module, {Beam, Beside}, Extra}) ->
    {Old, File} = own_code(Module),
    lists:foreach(fun({Name, Way}) -> loaded(Name, Way, "snakeweb") end, Beside),
    persistent_term:put({snakeweb_beside, Module}, [Name || {Name, _} <- Beside]),
    case code:soft_purge(Module) of
        false -> unload_beside(Module), {error, old_code_in_use};
        true ->
            case code:load_binary(Module, "snakeweb", Beam) of
                {module, Module} ->
                    case asked(Server, Module, Extra) of
                        ok -> ok;
                        Error -> loaded(Module, Old, File), unload_beside(Module), Error
                    end;
                Error -> unload_beside(Module), Error
            end
    end;
changed(Server, {restore, Module}) ->
    {Old, File} = own_code(Module),
    case asked(Server, Module, original) of
        ok ->
            loaded(Module, Old, File),
            unload_beside(Module),
            persistent_term:erase({?MODULE, Module}),
            ok;
        Error -> Error
    end.

asked(Server, Module, Extra) ->
    try sys:change_code(Server, Module, undefined, Extra, 1000) of
        ok -> ok;
        {error, _} -> {error, refused}
    catch _:_ -> {error, no_answer}
    end.

loaded(Module, Beam, File) ->
    code:purge(Module),
    {module, Module} = code:load_binary(Module, File, Beam).

unload_beside(Module) ->
    Beside = persistent_term:get({snakeweb_beside, Module}, []),
    [begin code:purge(Name), code:delete(Name), code:purge(Name) end || Name <- Beside],
    persistent_term:erase({snakeweb_beside, Module}).

%% What the module was before the first switch; kept until it is so again.
own_code(Module) ->
    case persistent_term:get({?MODULE, Module}, none) of
        none ->
            {Module, Beam, File} = code:get_object_code(Module),
            persistent_term:put({?MODULE, Module}, {Beam, File}),
            {Beam, File};
        Kept -> Kept
    end.

callback_module(Server) ->
    {dictionary, Words} = process_info(whereis(Server), dictionary),
    {Module, init, 1} = proplists:get_value('$initial_call', Words),
    Module.
