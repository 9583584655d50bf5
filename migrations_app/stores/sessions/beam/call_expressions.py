"""What a node evaluates for us where nothing but a session server's own calls is known: Snakepit's, by another store.

`get_session` touches, in every store that answers it as Snakepit's does, and a session that has expired would live
again: what has expired is swept first. Creating begins a session's times anew, with what was left of it as its length.
"""

from migrations_app.stores.sessions.beam.expressions import DECODE, INSIDE

CALL = """
Call = fun(Request) -> gen_server:call(Server, Request, 5000) end,
"""

# Bound: Server. Gives {ids, keys that are none}.
LISTING = (
    CALL
    + """
_ = Call(cleanup_expired_sessions),
Names = Call(list_sessions),
{[Name || Name <- Names, is_binary(Name)],
 [unicode:characters_to_binary(io_lib:format("~tp", [Name])) || Name <- Names, not is_binary(Name)]}
"""
)

# Bound: Server, Beside, Ids. Gives what READING of a table does.
READING = (
    CALL
    + """
Before = erlang:time_offset(millisecond),
Found = [{Id, Session} || Id <- Ids, {ok, Session} <- [Call({get_session, Id})]],
Near = fun(Id) -> case ets:whereis(Beside) of undefined -> []; _ -> ets:lookup(Beside, Id) end end,
Of = fun(Key) -> [maps:get(Key, Session) || {_, Session} <- Found] end,
Parts = try
    Placeless = [id, created_at, last_accessed, last_worker_id, ttl],
    Contents = [term_to_binary(maps:without(Placeless, Session)) || {_, Session} <- Found],
    {Of(last_accessed), Of(ttl), Of(created_at), Contents, [Near(Id) || {Id, _} <- Found]}
  catch error:_ -> nil end,
{Before, erlang:time_offset(millisecond), erlang:monotonic_time(second), [Id || {Id, _} <- Found], Parts}
"""
)

# Bound: Server, Ids. Gives the ids under which nothing lives; asking so touches nothing.
MISSING = (
    CALL
    + """
[Id || Id <- Ids, Call({session_exists, Id}) =/= true]
"""
)

# Bound: Server. Gives a map.
LOOK = """
State = try sys:get_state(Server, 2000) catch _:_ -> nil end,
#{system_ms => erlang:system_time(millisecond),
  release => list_to_binary(erlang:system_info(otp_release)),
  snakepit => case application:get_key(snakepit, vsn) of {ok, V} -> list_to_binary(V); _ -> nil end,
  owner => is_pid(whereis(Server)),
  since => erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(), native, millisecond),
  process => list_to_binary(pid_to_list(whereis(Server))),
  most => case State of #{max_sessions := Most} when is_integer(Most) -> Most; _ -> nil end}
"""

# The calls come right after the fence was looked at inside the server: they cannot be made from there.
_FENCED = (
    """
Do = fun(_, Ensure) -> Ensure(Beside) end,
Permit = begin
"""
    + INSIDE
    + """
end,
"""
    + CALL
    + """
case Permit of
  {done, _} -> try {done, begin
%s
    end} catch throw:Refusal -> {refused, Refusal} end;
  _ -> Permit
end
"""
)

# Bound as INSIDE says, and Ids. Gives how many were there.
DELETING = (
    _FENCED
    % """
    There = [Id || Id <- Ids, Call({session_exists, Id}) =:= true],
    [begin Call({delete_session, Id}), ets:delete(Beside, Id) end || Id <- Ids],
    length(There)
"""
)

# Bound as INSIDE says, and Entries as APPLYING of a table has them. Gives how many were written.
APPLYING = _FENCED % (
    DECODE
    + """
    Judge = fun({Id, Accessed, Ttl, _, _, Version, _, _}) ->
        There = Call({session_exists, Id}) =:= true,
        Known = case ets:lookup(Beside, Id) of [Near] -> element(2, Near); [] -> {0, 0} end,
        Ended = Accessed + Ttl < erlang:monotonic_time(second),
        if
          Ended -> refuse;
          not There -> create;
          Version =:= {0, 0}; Version > Known -> replace;
          true -> refuse
        end
      end,
    Put = fun(What, {Id, Accessed, Ttl, _, Content, Version, Fixed, Near}) ->
        Session = Decode(Content),
        maps:keys(maps:without(['__struct__', metadata, programs, stats], Session)) =:= [] orelse throw(parts),
        What =:= replace andalso Call({delete_session, Id}),
        Left = max(0, Accessed + Ttl - erlang:monotonic_time(second)),
        Options = [{ttl, Left} | [{Part, maps:get(Part, Session)} || Part <- [metadata, programs],
                                                                     is_map_key(Part, Session)]],
        case Call({create_session, Id, Options}) of
          {ok, #{created_at := Created, last_accessed := Begun}} ->
            ets:insert(Beside, {Id, Version, Fixed, Begun, Left, Created, Near});
          {error, session_quota_exceeded} -> throw(full);
          _ -> throw(term)
        end
      end,
    length([done || Entry <- Entries, What <- [Judge(Entry)], What =/= refuse, Put(What, Entry)])
"""
)
