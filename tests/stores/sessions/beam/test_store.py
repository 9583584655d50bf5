"""What is particular to the store of a live node; the rest is the contract of every store."""

from dataclasses import replace

import erldistpy
import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, LeaseLost, ValidationFailed
from migrations_app.stores.sessions import endpoint, fence_class
from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.beam.conftest import store_on
from tests.stores.sessions.contract import StoreContract
from tests.stores.sessions.place import HOUR, WORKER, ids, now_ms, scan_all, wait_until

CREATE = "gen_server:call(Server, {create_session, Id, Options}), ok"
GET = "{ok, Session} = gen_server:call(Server, {get_session, Id}), Session"
ROW = "[{_, {Accessed, Ttl, Session}}] = ets:lookup(Table, Id), {Accessed, Ttl, Session}"


class TestSnakepitStore(StoreContract):
    pass


def on_node(node, place, text, **bindings):
    names = {"Server": Atom(place.config["server"]), "Table": Atom(place.config["table"])}
    return node.evaluate(text, **names, **bindings)


def create(node, place, session_id, **options):
    given = [(Atom(name), value) for name, value in options.items()]
    on_node(node, place, CREATE, Id=session_id.encode(), Options=given)


def test_callers_on_the_node_go_by_no_fence(place):
    assert fence_class(place.config) == "none"
    assert endpoint(place.config) == "beam://snakepit@127.0.0.1"


def test_a_session_of_the_application_is_read_and_not_touched(beam_node, place):
    metadata = {b"user": 42, Atom("tags"): [Atom("a"), (1, b"x")]}
    create(beam_node, place, "s1", ttl=600, metadata=metadata, last_worker_id=b"pool_worker_1_77")
    before = on_node(beam_node, place, ROW, Id=b"s1")

    with place.open(read_only=True) as store:
        (record,) = scan_all(store)
        asked_at = now_ms()

    assert on_node(beam_node, place, ROW, Id=b"s1") == before
    assert (record.codec, record.ttl_ms, record.version) == (Codec.ETF, 600_000, (0, 0))
    assert record.expires_at_ms == pytest.approx(asked_at + 600_000, abs=2000)
    assert record.created_at_ms == pytest.approx(asked_at, abs=2000)
    content = erldistpy.decode(record.value)
    assert content[Atom("metadata")] == metadata
    assert {atom.name for atom in content} == {"__struct__", "metadata", "programs", "stats"}


def test_what_the_node_made_for_its_own_workers_stays_there(beam_node, place):
    for name in ("default_session", "session_17_1699999999999999", "session_of_a_user"):
        create(beam_node, place, name)

    with place.open() as store:
        assert ids(scan_all(store)) == ["session_of_a_user"]
        assert (store.count(), store.probe().count) == (1, 1)
        assert store.read(["default_session", "session_of_a_user"])[0] is None
        assert store.missing(["default_session", "session_of_a_user"]) == ["default_session"]
        store.raise_worker_fence(WORKER)
        assert store.delete(["default_session"], WORKER) == 0
        (reason,) = {store.why_unrepresentable(place.record("session_1_2", ttl_ms=1000))}
    assert "workers" in reason
    assert on_node(beam_node, place, "ets:info(Table, size)") == 3


@pytest.mark.parametrize(
    ("term", "reason"),
    [
        ("self()", "a process id"),
        ("make_ref()", "a reference"),
        ("fun() -> ok end", "a function"),
        ("hd(erlang:ports())", "a port"),
    ],
)
def test_terms_that_mean_nothing_elsewhere_are_named(beam_node, place, term, reason):
    create(beam_node, place, "good", metadata={b"text": b"Xw@node p\0\0 Z\0\x03w"})
    text = f"gen_server:call(Server, {{create_session, Id, [{{metadata, #{{deep => [{{1, {term}}}]}}}}]}}), ok"
    on_node(beam_node, place, text, Id=b"bad")

    with place.open() as store:
        page = store.scan("", 10)

    assert ids(page.records) == ["good"]
    assert page.unreadable == [("bad", f"the value holds {reason}, which means nothing on another node")]


def test_rows_that_are_no_sessions_are_named(beam_node, place):
    rows = "[{atom, 1}, {<<255>>, {1, 2, #{}}}, {Id, x}]"
    broken = f"sys:replace_state(Server, fun(S) -> ets:insert(Table, {rows}), S end), ok"
    on_node(beam_node, place, broken, Id=b"id")

    with place.open() as store:
        page, held = store.scan("", 10), store.scan_ids("", 10)

        assert (list(page.records), page.last) == ([], True)
        assert sorted(held.strange) == ['<<"id">>', "\\xff", "atom"]


@pytest.mark.parametrize(
    "term",
    [
        '#{1 => integer, 1.0 => float, true => atom, <<"1">> => binary, "1" => string}',
        "{-0.0, 1.0e300, 123456789012345678901234567890, -987654321098765432109876543210, 255, 256, -1}",
        "[a | b]",
        '{<<1:3>>, <<>>, [], "", {}, #{}, lists:seq(1, 300), list_to_tuple(lists:seq(1, 300))}',
        "['with space', 'ünïcode', '日本', fun lists:map/2, [[[[\"deep\"]]]]]",
        "maps:from_list([{K, K} || K <- lists:seq(1, 100)])",
        'binary:copy(<<"x">>, 100000)',
    ],
)
def test_any_term_goes_there_and_back(beam_node, place, term):
    create(beam_node, place, "s1", ttl=60)
    fill = f"""sys:replace_state(Server, fun(S) -> [{{_, {{A, T, X}}}}] = ets:lookup(Table, Id),
        ets:insert(Table, {{Id, {{A, T, X#{{metadata := #{{term => {term}}}}}}}}}), S end), ok"""
    on_node(beam_node, place, fill, Id=b"s1")
    other = store_on(beam_node)
    with place.open() as source, other.ready() as target:
        (record,) = scan_all(source)
        assert target.apply([record], WORKER).written == 1
        (copy,) = scan_all(target)

    assert copy.content_hash() == record.content_hash()
    same = f"#{{metadata := #{{term := T}}}} = element(3, element(2, hd(ets:lookup(Table, Id)))), T =:= {term}"
    assert on_node(beam_node, other, same, Id=b"s1") is True


def test_a_copy_has_the_times_of_the_session_and_no_worker(beam_node, place):
    record = place.record("s1", ttl_ms=HOUR, created_at_ms=now_ms() - 5 * HOUR, expires_at_ms=now_ms() + HOUR // 2)
    with place.ready() as store:
        store.apply([record], WORKER)
        accessed, ttl, session = on_node(beam_node, place, ROW, Id=b"s1")
        idle = on_node(beam_node, place, "erlang:monotonic_time(second)") - accessed

        assert (ttl, session[Atom("last_worker_id")], session[Atom("id")]) == (3600, None, b"s1")
        assert idle == pytest.approx(1800, abs=2)
        assert session[Atom("created_at")] <= accessed

        on_node(beam_node, place, GET, Id=b"s1")
        (touched,) = store.read(["s1"])

    assert touched.expires_at_ms == pytest.approx(now_ms() + HOUR, abs=2000)
    assert touched.content_hash() == record.content_hash()


def test_a_fixed_deadline_slides_once_it_was_touched(beam_node, place):
    record = place.record("s1", expires_at_ms=now_ms() + 90_000)
    with place.ready() as store:
        store.apply([record], WORKER)
        (before,) = store.read(["s1"])

        def is_sliding():
            on_node(beam_node, place, GET, Id=b"s1")
            return store.read(["s1"])[0].ttl_ms is not None

        wait_until(is_sliding)
        (after,) = store.read(["s1"])

    assert before.ttl_ms is None
    assert after.ttl_ms == pytest.approx(90_000, abs=2000)


def test_an_updated_copy_keeps_what_lies_beside(beam_node, place):
    with place.ready() as store:
        store.apply([place.record("s1", ttl_ms=HOUR, extra={"user": "7"})], WORKER)
        update = "{ok, _} = gen_server:call(Server, {update_session, Id, fun(S) -> S#{n => 2} end}), ok"
        on_node(beam_node, place, update, Id=b"s1")
        (record,) = store.read(["s1"])

    assert record.extra == {"user": "7"}
    assert erldistpy.decode(record.value)[Atom("n")] == 2


def test_more_sessions_than_the_quota_are_refused_whole(beam_node):
    place = store_on(beam_node, max_sessions=5)
    with place.ready() as store:
        store.apply(place.records(4), WORKER)
        assert store.probe().capacity_sessions == 5
        with pytest.raises(InsufficientResources, match="max_sessions"):
            store.apply([place.record("a"), place.record("b")], WORKER)
        assert store.count() == 4
        assert store.apply([place.record("a")], WORKER).written == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": Codec.OPAQUE}, "not an Erlang map"),
        ({"value": erldistpy.encode([1])}, "not an Erlang map"),
        ({"value": erldistpy.encode({"a": 1})[:-1]}, "cut off"),
        ({"expires_at_ms": None}, "never ends"),
        ({"ttl_ms": 1500}, "finer than a second"),
    ],
)
def test_what_a_node_cannot_hold_is_refused_before_anything_is_written(place, change, reason):
    with place.ready() as store:
        with pytest.raises(ValidationFailed) as caught:
            store.apply([place.record("good"), replace(place.record("bad"), **change)], WORKER)
        assert reason in caught.value.problems[0].message
        assert store.count() == 0


def test_a_wrong_table_is_a_problem_of_the_table(beam_node, place):
    lost = replace(place, config={**place.config, "table": "no_such_table"})
    with lost.open() as store:
        probe = store.probe()
        assert (probe.exists, probe.writable, probe.count) == (False, False, 0)
        assert "no_such_table" in probe.problems[0]
        for look in (store.count, lambda: store.read(["a"]), lambda: store.missing(["a"])):
            with pytest.raises(ValidationFailed, match="no_such_table"):
                look()
    headless = replace(place, config={**place.config, "server": "nobody"})
    with headless.open() as store:
        assert store.probe().writable is False
        with pytest.raises(ValidationFailed, match="nobody"):
            store.initialise(WORKER)


def test_what_snakeweb_kept_on_the_node_goes_with_the_run(beam_node, place):
    tables = "[T || T <- ets:all(), is_atom(T), string:prefix(atom_to_list(T), atom_to_list(Table)) =/= nomatch]"
    with place.ready() as store:
        store.apply([place.record()], WORKER)
        assert len(on_node(beam_node, place, tables)) == 3

        store.withdraw(WORKER, ["run:7"])

    assert on_node(beam_node, place, tables) == [Atom(place.config["table"])]
    with place.open() as store:
        assert store.count() == 1


def test_a_node_that_starts_again_is_another_store(disposable_node):
    place = replace(store_on(disposable_node), config=disposable_node.config())
    with place.ready() as store:
        before = store.probe().identity
        store.apply([place.record()], WORKER)
        disposable_node.kill()
        with pytest.raises(DependencyUnavailable, match=r"snakepit@127\.0\.0\.1"):
            store.count()
        disposable_node.start()
        assert store.count() == 0
        assert store.probe().identity != before
        with pytest.raises(LeaseLost):
            store.apply([place.record()], WORKER)
