"""A session store that is known by its calls alone; it stands for one that is spread over several nodes."""

import itertools

import erldistpy
import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.errors import InsufficientResources, LeaseLost, ValidationFailed
from migrations_app.engine.plan import Target
from migrations_app.handlers.session.node.sides import why_no_hand_over
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version
from tests.handlers.session.moves import place as target_at
from tests.stores.sessions.place import HOUR, WORKER, Place, ids, now_ms, scan_all

_NUMBERS = itertools.count(1)
VALUE = erldistpy.encode(
    {
        Atom("__struct__"): Atom("Elixir.Snakepit.Bridge.Session"),
        Atom("metadata"): {b"n": 1},
        Atom("programs"): {},
        Atom("stats"): {Atom("program_count"): 0},
    }
)

EXPIRING = """
_ = sys:replace_state(S, fun(#{sessions := M} = X) -> X#{sessions := maps:map(fun(_, Y) -> Y#{ttl := -5} end, M)} end),
ok
"""


@pytest.fixture
def place(beam_node):
    return calls_on(beam_node)


def calls_on(node, **options):
    server = f"acme_{next(_NUMBERS)}"
    given = [(Atom(name), value) for name, value in {"name": Atom(server), **options}.items()]
    node.evaluate("{ok, _} = 'Elixir.Acme.Sessions':start_link(Options), ok", Options=given)
    return Place(node.config(server=server, access="calls"), node.secrets, codec=Codec.ETF, tolerance_ms=2000)


def ask(node, place, request, **bindings):
    text = f"gen_server:call(Server, {request})"
    return node.evaluate(text, Server=Atom(place.config["server"]), **bindings)


def record(name, **values):
    return SessionRecord(name, VALUE, **{"codec": Codec.ETF, "expires_at_ms": now_ms() + HOUR, **values})


def test_its_sessions_are_listed_and_read(beam_node, place):
    for name in (b"a", b"b", b"session_1_2"):
        ask(beam_node, place, "{create_session, Id, [{ttl, 600}, {metadata, #{n => 1}}]}", Id=name)

    with place.open(read_only=True) as store:
        probe = store.probe()
        found = scan_all(store)

        assert ids(found) == ["a", "b"]
        assert (probe.layout, probe.count, probe.exists, probe.capacity_sessions) == ("calls", 2, True, None)
        assert store.missing(["a", "nobody"]) == ["nobody"]
        assert store.read(["b", "nobody"])[1] is None
    assert {one.ttl_ms for one in found} == {600_000}
    assert found[0].expires_at_ms == pytest.approx(now_ms() + 600_000, abs=3000)
    assert erldistpy.decode(found[0].value)[Atom("metadata")] == {Atom("n"): 1}


def test_what_has_expired_is_not_brought_back_to_life_by_reading_it(beam_node, place):
    ask(beam_node, place, "{create_session, <<$a>>, [{ttl, 0}]}")
    beam_node.evaluate(EXPIRING, S=Atom(place.config["server"]))

    with place.open() as store:
        assert scan_all(store) == []
        assert store.missing(["a"]) == ["a"]


def test_a_session_that_is_written_keeps_its_deadline_and_is_told_with_the_length_it_had(beam_node, place):
    wanted = record("a", ttl_ms=7_200_000, created_at_ms=1_600_000_000_000, version=Version(7, 1))
    with place.ready() as store:
        assert store.apply([wanted, record("fixed")], WORKER).written == 2
        held = dict(zip("ab", store.read(["a", "fixed"]), strict=True))

    assert held["a"].content_hash() == wanted.content_hash()
    assert held["a"].version == (7, 1)
    assert held["a"].expires_at_ms == pytest.approx(wanted.expires_at_ms, abs=3000)
    assert held["b"].ttl_ms is None
    ttl = beam_node.evaluate(
        "{ok, #{ttl := T}} = gen_server:call(S, {get_session, <<$a>>}), T", S=Atom(place.config["server"])
    )
    assert ttl == pytest.approx(3600, abs=2)


def test_only_what_is_newer_replaces_and_an_outdated_worker_writes_nothing(place):
    with place.ready() as store:
        store.apply([record("a", version=Version(7, 2))], WORKER)
        assert store.apply([record("a", version=Version(7, 1))], WORKER).refused == 1
        assert store.apply([record("a", version=Version(7, 3))], WORKER).written == 1
        assert store.apply([record("late", expires_at_ms=now_ms() - 5000)], WORKER).written == 0
        assert store.delete(["a", "nobody"], WORKER) == 1
        store.raise_worker_fence(type(WORKER)(WORKER.scope, WORKER.token + 1))
        for write in (lambda: store.apply([record("b")], WORKER), lambda: store.delete(["b"], WORKER)):
            with pytest.raises(LeaseLost):
                write()
        assert scan_all(store) == []


def test_what_it_cannot_be_given_is_refused(beam_node):
    more = erldistpy.encode({Atom("metadata"): {}, Atom("colour"): b"red"})
    small = calls_on(beam_node, max_sessions=1)
    with small.ready() as store:
        with pytest.raises(ValidationFailed, match="metadata and programs"):
            store.apply([SessionRecord("a", more, codec=Codec.ETF, expires_at_ms=now_ms() + HOUR)], WORKER)
        with pytest.raises(InsufficientResources, match="may hold no more"):
            store.apply([record("a"), record("b")], WORKER)
        assert ids(scan_all(store)) == ["a"]


def test_it_cannot_be_handed_over_while_it_serves(place):
    node: Target = target_at(place.config, place.secrets)

    assert "keeps no table snakepit_sessions" in why_no_hand_over(node)


def test_a_server_that_is_not_there_is_named(beam_node, place):
    with Place({**place.config, "server": "nobody"}, place.secrets, codec=Codec.ETF).open() as store:
        for look in (store.probe, store.count, lambda: store.read(["a"])):
            with pytest.raises(ValidationFailed, match="has no process nobody"):
                look()
