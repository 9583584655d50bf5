%% A way to a session store (see snakeweb_forwarder.erl): Redis itself, in Snakeweb's string layout, by the scripts of its
%% own clients, which check the fence and mint a version in one step (docs/client-protocol.md, sections 4, 6 and 7).
%%
%% Settings: host, port, db, username, password, tls, prefix; `store`, the name by which the route calls this store;
%% `epoch` of the first guard; `phases`, from a phase's name to {journaled, may write}; the scripts write, touch, delete,
%% sweep and way, each {digest, text}. The guards that were learned lie in the process dictionary, beside the connection (snakeweb_resp.erl).
%%
%% An answer that is lost: reads and touches are asked again, a touch that happens twice is a later touch. A replacing
%% names the version that it replaces, so of two equal ones one takes effect: it is sent again, and only `written` is
%% believed. After a creating the session is looked for: one that is there is what a creating answers. A deleting is not
%% repeated, it might end what somebody made in between. Else the answer is {store_unavailable, lost}: nobody knows.
-module(snakeweb_redis).

-export([read/2, exists/2, create/4, replace/5, touch/2, delete/2, refuses/1, close/0]).

read(Settings, Id) ->
    [_, _, _, _, _, _, Session, Meta] = Keys = keys(Id, Settings),
    Found = guarded(reads, Id, Settings, fun({Epoch, _, _}) ->
        case snakeweb_resp:read([<<"MGET">>, Session, Meta, hd(Keys)], Settings) of
            [_, _, none] -> fenced;
            [Value, Beside, Gate] ->
                case binary_to_integer(Gate) > Epoch of
                    true -> fenced;
                    false -> {Value, Beside}
                end
        end
    end),
    case Found of
        {none, _} -> missing;
        {Value, Beside} ->
            Known = case Beside of none -> undescribed(); _ -> snakeweb_resp:unpacked(Beside) end,
            [_, _, _, Created, _, Length, Extra, Epoch, Seq | _] = Known,
            with_length(Value, Length, {Epoch, Seq, Created, Extra}, Session, Settings)
    end.

with_length(Value, Length, Seen, _, _) when Length >= 0 -> {Value, {slides, Length}, Seen};
with_length(Value, _, Seen, Session, Settings) ->
    case snakeweb_resp:read([<<"PTTL">>, Session], Settings) of
        -2 -> missing;
        -1 -> {Value, never, Seen};
        Left -> {Value, {ends_in, Left}, Seen}
    end.

undescribed() -> [0, 0, <<>>, -1, -1, -1, <<>>, 0, 0, 0, <<>>, -1].

exists(Settings, Id) -> read(Settings, Id) =/= missing.

create(Settings, Id, Value, Ms) ->
    Now = erlang:system_time(millisecond),
    case write(Id, Value, [<<"absent">>, <<>>, <<>>], Ms, {Now, <<>>}, Settings) of
        lost -> settled(fun() -> exists(Settings, Id) andalso exists end);
        Outcome -> Outcome
    end.

replace(Settings, Id, Value, Ms, {Epoch, Seq, Created, Extra}) ->
    Expected = [<<"present">>, integer_to_binary(Epoch), integer_to_binary(Seq)],
    Write = fun() -> write(Id, Value, Expected, Ms, {Created, Extra}, Settings) end,
    case Write() of
        lost -> settled(fun() -> Write() =:= written andalso written end);
        written -> written;
        Outcome when Outcome =:= changed; Outcome =:= missing -> changed
    end.

%% What became of a write whose answer was lost, if that can be told.
settled(Look) ->
    try Look() of
        false -> throw({store_unavailable, lost});
        Outcome -> Outcome
    catch throw:moved -> throw({store_unavailable, lost})
    end.

touch(Settings, Id) ->
    Rest = [<<>>, <<>>, <<"1">>],
    case guarded(writes, Id, Settings, fun(Guard) -> call(again, touch, Id, Guard, Rest, Settings) end) of
        {written, _} -> true;
        {missing, _} -> false
    end.

%% Tombstones are for whoever carries sessions to another store. While nobody does, old ones go as new ones come.
delete(Settings, Id) ->
    Delete = fun({_, Journaled, _} = Guard) ->
        case call(once, delete, Id, Guard, [], Settings) of
            {written, Seq} when Journaled =:= 0, Seq rem 8 =:= 0 -> {sweep, Guard};
            Other -> Other
        end
    end,
    case guarded(writes, Id, Settings, Delete) of
        lost -> throw({store_unavailable, lost});
        {sweep, Guard} -> catch call(once, sweep, Id, Guard, [maps:get(prefix, Settings)], Settings), ok;
        {written, _} -> ok
    end.

write(Id, Value, Condition, Ms, {Created, Extra}, Settings) ->
    Now = erlang:system_time(millisecond),
    %% Twelve parts; the script adds the last five.
    Head = iolist_to_binary([16#9C | [snakeweb_resp:packed(Part) || Part <- [0, 0, <<>>, Created, Now, Ms, Extra]]]),
    Rest = Condition ++ [integer_to_binary(Ms), <<"-1">>, Value, Head, checksum(Value)],
    case guarded(writes, Id, Settings, fun(Guard) -> call(once, write, Id, Guard, Rest, Settings) end) of
        lost -> lost;
        {Outcome, _} -> Outcome
    end.

%% The first eight bytes of its SHA-256, in hex.
checksum(Value) ->
    <<First:8/binary, _/binary>> = crypto:hash(sha256, Value),
    << <<(element(Half + 1, {$0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $a, $b, $c, $d, $e, $f}))>> || <<Half:4>> <= First >>.

close() ->
    erase(snakeweb_redis_guards),
    snakeweb_resp:hang_up().

%% Whether everything that a call needs is there: ok | {error, Reason}. Writes nothing: under the epoch 0 each script
%% answers that it is fenced.
refuses(#{epoch := Epoch} = Settings) ->
    put(snakeweb_until, erlang:monotonic_time(millisecond) + 4000),
    Id = <<"snakeweb-preflight">>,
    try
        code:ensure_loaded(crypto) =:= {module, crypto} orelse throw({store_unavailable, no_crypto}),
        element(1, learn(Id, Settings)) >= Epoch orelse throw({store_unavailable, older_route}),
        read(Settings, Id),
        [fenced = call(once, Name, Id, {0, 0, true}, Rest, Settings)
         || {Name, Rest} <- [{touch, [<<>>, <<>>, <<"1">>]}, {delete, []}, {sweep, [<<>>]},
                             {write, [<<"absent">>, <<>>, <<>>, <<"1">>, <<"-1">>, <<>>, <<>>, <<>>]}]],
        ok
    catch
        throw:{store_unavailable, Reason} -> {error, Reason};
        throw:moved -> {error, moved};
        _:_ -> {error, unknown}
    after close()
    end.

%% -- guards -----------------------------------------------------------------------------------------------------------

%% Ask gets a guard: {epoch, 1 or 0 for journaled, whether writes may begin}. A refusal says that nothing was read or
%% written: then the record that the store keeps beside the fence tells the next guard, until the caller's time is over.
guarded(Kind, Id, Settings, Ask) ->
    Id =/= <<>> andalso is_list(unicode:characters_to_list(Id)) orelse throw({store_unavailable, invalid_id}),
    guarded(Kind, Id, Settings, Ask, 0).

guarded(Kind, Id, #{epoch := First} = Settings, Ask, Refusals) ->
    Known = maps:get(bucket(Id), guards(), {First, 0, true}),
    Answer = case Known of
        {_, _, false} when Kind =:= writes -> fenced;
        _ -> Ask(Known)
    end,
    case Answer of
        fenced ->
            Learned = learn(Id, Settings),
            %% A hand-over is over soon; who is refused under the newest epoch waits for longer each time.
            Longest = case Learned of {_, _, false} -> 20; Known -> min(500, 5 bsl Refusals); _ -> 0 end,
            snakeweb_resp:left() > Longest orelse throw({store_unavailable, waiting}),
            timer:sleep(rand:uniform(Longest + 1) - 1),
            guarded(Kind, Id, Settings, Ask, min(10, Refusals + 1));
        _ -> Answer
    end.

guards() -> case get(snakeweb_redis_guards) of undefined -> #{}; Guards -> Guards end.

learn(Id, #{store := Store, phases := Phases} = Settings) ->
    Bucket = bucket(Id),
    [Gate, _, _, _, _, Route | _] = keys(Id, Settings),
    case run(again, way, [Gate, Route], [integer_to_binary(Bucket)], Settings) of
        [_, Phase, Epoch, Store] ->
            {Journaled, MayWrite} = maps:get(Phase, Phases),
            Guard = {Epoch, Journaled, MayWrite},
            put(snakeweb_redis_guards, (guards())#{Bucket => Guard}),
            Guard;
        [_, _, _, _] -> throw(moved);
        _ -> throw({store_unavailable, no_route})
    end.

bucket(Id) -> erlang:crc32(Id) rem 256.

keys(Id, #{prefix := Prefix}) ->
    Bucket = integer_to_binary(bucket(Id)),
    [<<"snakeweb:", Kind/binary, ":", Prefix/binary, ":", Bucket/binary>>
     || Kind <- [<<"gate">>, <<"epoch">>, <<"seq">>, <<"journal">>, <<"dead">>]]
    ++ [<<"snakeweb:route:", Prefix/binary>>, <<Prefix/binary, Id/binary>>,
        <<"snakeweb:meta:{", Prefix/binary, Id/binary, "}">>].

%% One of the clients' scripts: {outcome, seq} | fenced | lost.
call(Mode, Name, Id, {Epoch, Journaled, _}, Rest, Settings) ->
    Guard = [integer_to_binary(Epoch), integer_to_binary(Journaled), Id],
    case run(Mode, Name, keys(Id, Settings), Guard ++ Rest, Settings) of
        lost -> lost;
        [<<"fenced">> | _] -> fenced;
        [<<"written">>, _, Seq | _] -> {written, Seq};
        [<<"exists">> | _] -> {exists, 0};
        [<<"missing">> | _] -> {missing, 0};
        [<<"changed">> | _] -> {changed, 0}
    end.

run(Mode, Name, Keys, Arguments, Settings) ->
    Words = [integer_to_binary(length(Keys)) | Keys ++ Arguments],
    case snakeweb_resp:evaluated(Mode, maps:get(Name, Settings), Words, Settings) of
        lost -> lost;
        Packed -> snakeweb_resp:unpacked(Packed)
    end.
