"""What a node evaluates for us, as Erlang text. Reading looks into the table and touches nothing.

A row is `{Id, {LastAccessed, Ttl, Session}}` with times in seconds of the node's monotonic clock; it has expired when
`LastAccessed + Ttl < Now`. Writing happens inside the process that owns the table (`sys:replace_state` with the state
as it was): there it is one step between two calls of clients, and the only place that a protected table lets write.
What belongs to a session and has no place in its row lies beside it, in a table of that process too: a store that
starts again has lost both.
"""

# Bound: Table. Gives no_table, or {ids of living rows, keys of rows that are none}.
LISTING = """
case ets:whereis(Table) of
  undefined -> no_table;
  _ ->
    Now = erlang:monotonic_time(second),
    Whole = {'andalso', {is_tuple, '$2'}, {'=:=', {size, '$2'}, 3}, {is_integer, {element, 1, '$2'}},
             {is_integer, {element, 2, '$2'}}, {is_map, {element, 3, '$2'}}, {is_binary, '$1'}},
    {ets:select(Table, [{{'$1', {'$2', '$3', '_'}}, [{is_binary, '$1'}, {is_integer, '$2'}, {is_integer, '$3'},
                         {'>=', {'+', '$2', '$3'}, Now}], ['$1']}]),
     [unicode:characters_to_binary(io_lib:format("~tp", [Key]))
      || Key <- ets:select(Table, [{{'$1', '$2'}, [{'not', Whole}], ['$1']}])]}
end
"""

# Bound: Table, Beside, Ids. Gives {offset before, offset after, now in seconds, names, parts}: the ids of the rows that
# are there, and five lists as long: times accessed, lengths, times created, contents, and what lies beside (each [] or
# [row]). Where a row is none of a session, nil takes the place of the parts. What is done for each session runs in
# compiled functions of the node: interpreted it would take ten times as long.
READING = """
Before = erlang:time_offset(millisecond),
Each = fun(What) -> fun(Many) -> lists:duplicate(length(Many), What) end end,
Found = lists:append(lists:zipwith(fun ets:lookup/2, (Each(Table))(Ids), Ids)),
Of = fun(Place, Tuples) -> lists:zipwith(fun erlang:element/2, (Each(Place))(Tuples), Tuples) end,
Names = Of(1, Found),
Parts = try
    Values = Of(2, Found),
    Sessions = Of(3, Values),
    Placeless = [id, created_at, last_accessed, last_worker_id, ttl],
    Contents = lists:zipwith(fun maps:without/2, (Each(Placeless))(Sessions), Sessions),
    {Of(1, Values), Of(2, Values), lists:zipwith(fun maps:get/2, (Each(created_at))(Sessions), Sessions),
     lists:map(fun erlang:term_to_binary/1, Contents),
     case ets:whereis(Beside) of
       undefined -> (Each([]))(Names);
       _ -> lists:zipwith(fun ets:lookup/2, (Each(Beside))(Names), Names)
     end}
  catch error:_ -> nil end,
{Before, erlang:time_offset(millisecond), erlang:monotonic_time(second), Names, Parts}
"""

# Bound: Table, Ids. Gives the ids under which nothing lives.
MISSING = """
Now = erlang:monotonic_time(second),
[Id || Id <- Ids, not case ets:lookup(Table, Id) of
    [{_, {Accessed, Ttl, _}}] when is_integer(Accessed), is_integer(Ttl) -> Accessed + Ttl >= Now;
    [_] -> true;
    [] -> false
  end]
"""

# Bound: Server, Table. Gives a map, or no_table.
LOOK = """
case ets:whereis(Table) of
  undefined -> no_table;
  _ ->
    State = try sys:get_state(Server, 2000) catch _:_ -> nil end,
    #{system_ms => erlang:system_time(millisecond),
      release => list_to_binary(erlang:system_info(otp_release)),
      snakepit => case application:get_key(snakepit, vsn) of {ok, V} -> list_to_binary(V); _ -> nil end,
      owner => whereis(Server) =:= ets:info(Table, owner),
      since => erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(), native, millisecond),
      process => list_to_binary(pid_to_list(ets:info(Table, owner))),
      bytes => ets:info(Table, memory) * erlang:system_info(wordsize),
      most => case State of #{max_sessions := Most} when is_integer(Most) -> Most; _ -> nil end,
      atoms => erlang:system_info(atom_count),
      atom_limit => erlang:system_info(atom_limit)}
end
"""

# Bound: Server, Fences, Scope, Token, Raising (whether an unknown scope is let through), and what Do needs. Runs Do
# inside the owner: {done, Value}, {stale, Token | nil} or {refused, Reason}; unless it is done, nothing was written.
INSIDE = """
Caller = self(), Mark = make_ref(),
Ensure = fun(Name) -> ets:whereis(Name) =/= undefined orelse ets:new(Name, [named_table, public, set]) end,
Token_of = fun() ->
    case ets:whereis(Fences) =/= undefined andalso ets:lookup(Fences, Scope) of [{_, Held}] -> Held; _ -> nil end
  end,
Work = fun(State) ->
    Held = Token_of(),
    Result = if
        Held =:= nil, not Raising -> {stale, nil};
        Held =/= nil, Held > Token -> {stale, Held};
        true -> try {done, Do(State, Ensure)} catch throw:Reason -> {refused, Reason} end
      end,
    Caller ! {Mark, Result},
    State
  end,
_ = sys:replace_state(Server, Work, 10000),
receive {Mark, Answer} -> Answer after 0 -> {refused, failed} end
"""

RAISING = (
    """
Do = fun(_, Ensure) -> Ensure(Fences), Ensure(Beside), ets:insert(Fences, {Scope, Token}) end,
"""
    + INSIDE
)

# Bound as well: Table, Ids. Gives how many lived.
DELETING = (
    """
Do = fun(_, _) ->
    Now = erlang:monotonic_time(second),
    length([Id || Id <- Ids, begin
        Living = case ets:lookup(Table, Id) of
            [{_, {Accessed, Ttl, _}}] when is_integer(Accessed), is_integer(Ttl) -> Accessed + Ttl >= Now;
            [_] -> true;
            [] -> false
          end,
        ets:delete(Table, Id),
        ets:whereis(Beside) =/= undefined andalso ets:delete(Beside, Id),
        Living
      end])
  end,
"""
    + INSIDE
)

# Gives Decode: a value back as a term. Throws term, or atoms where the node has no room for new ones.
DECODE = """
    Decode = fun(Content) ->
        Term = try binary_to_term(Content, [safe])
               catch error:badarg ->
                 case erlang:system_info(atom_count) < erlang:system_info(atom_limit) * 4 div 5 of
                   true -> try binary_to_term(Content) catch error:badarg -> throw(term) end;
                   false -> throw(atoms)
                 end
               end,
        is_map(Term) orelse throw(term),
        Term
      end,
"""

# Bound as well: Table, Entries: {Id, Accessed, Ttl, Created, Content, Version, Fixed, What lies beside}. A version is
# {Epoch, Seq}; {0, 0} always replaces. Gives how many were written.
APPLYING = (
    """
Do = fun(State, Ensure) ->
    Ensure(Beside),
    Now = erlang:monotonic_time(second),
"""
    + DECODE
    + """
    Living = fun(Id) ->
        case ets:lookup(Table, Id) of
          [{_, {Accessed, Ttl, Session}}] when is_integer(Accessed), is_integer(Ttl), Accessed + Ttl >= Now ->
            {Accessed, Ttl, Session};
          _ -> nil
        end
      end,
    Version_of = fun(Id) -> case ets:lookup(Beside, Id) of [Near] -> element(2, Near); [] -> {0, 0} end end,
    Judge = fun({Id, Accessed, Ttl, _, _, Version, _, _}) ->
        case Living(Id) of
          _ when Accessed + Ttl < Now -> refuse;
          nil -> create;
          {Had, Length, _} ->
            Held = Version_of(Id),
            if
              Version =:= {0, 0}; Version > Held -> replace;
              Version =:= Held, Accessed + Ttl > Had + Length -> raise;
              true -> refuse
            end
        end
      end,
    Judged = [{Judge(Entry), Entry} || Entry <- Entries],
    Ready = [{What, Entry, Decode(element(5, Entry))} || {What, Entry} <- Judged, What =/= refuse],
    New = length([new || {create, _, _} <- Ready]),
    case State of
      #{max_sessions := Most} when is_integer(Most) ->
        New > 0 andalso ets:info(Table, size) + New > Most andalso throw(full);
      _ -> true
    end,
    lists:foreach(fun
        ({raise, {Id, Accessed, Ttl, _, _, _, _, _}, _}) ->
          {Had, Length, Session} = Living(Id),
          [Near] = ets:lookup(Beside, Id),
          {NewAccessed, NewTtl} = case element(3, Near) of
              true -> {Had, Accessed + Ttl - Had};
              false -> {Accessed + Ttl - Length, Length}
            end,
          ets:insert(Beside, setelement(4, setelement(5, Near, NewTtl), NewAccessed)),
          ets:insert(Table, {Id, {NewAccessed, NewTtl, Session#{last_accessed => NewAccessed, ttl => NewTtl}}});
        ({_, {Id, Accessed, Ttl, Created, _, Version, Fixed, Near}, Content}) ->
          ets:insert(Beside, {Id, Version, Fixed, Accessed, Ttl, Created, Near}),
          ets:insert(Table, {Id, {Accessed, Ttl, Content#{id => Id, created_at => Created, ttl => Ttl,
                                                        last_accessed => Accessed, last_worker_id => nil}}})
      end, Ready),
    length([done || {What, _, _} <- Ready, What =/= raise])
  end,
"""
    + INSIDE
)

# Bound as well: Prefixes. Forgets the scopes that begin so, and the tables with the last of them.
FORGETTING = """
Work = fun(State) ->
    ets:whereis(Fences) =/= undefined andalso begin
        Gone = [Scope || {Scope, _} <- ets:tab2list(Fences), Prefix <- Prefixes, Scope =:= Prefix orelse
                binary:longest_common_prefix([Scope, Prefix]) =:= byte_size(Prefix)],
        [ets:delete(Fences, Scope) || Scope <- Gone],
        ets:info(Fences, size) =:= 0 andalso ets:delete(Fences)
      end,
    State
  end,
_ = sys:replace_state(Server, Work, 10000),
ok
"""

# Bound as well: nothing. What lies beside sessions goes.
DROPPING = (
    """
Do = fun(_, _) -> ets:whereis(Beside) =/= undefined andalso ets:delete(Beside) end,
"""
    + INSIDE
)
