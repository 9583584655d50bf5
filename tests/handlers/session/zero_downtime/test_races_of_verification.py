"""Races of verifier and repair (PROTOCOL 5.9), forced by stores that let something else happen right before a call.

R33 by bytes that differ and mean the same; what each store's columns make of a value is `tests/stores/sessions`.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_app.handlers.session.zero_downtime.levelness import DivergenceKind
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.verifier import Pass
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.sessions.records import Codec, SessionRecord
from tests.handlers.session.zero_downtime.interleaving import Before
from tests.handlers.session.zero_downtime.world import InMemory, OnServers, World


def carry(world: World) -> None:
    while world.relay(world.pair("the relay")).carry(ALL_BUCKETS).ids:
        continue


def verify(world: World, pair: Pair | None = None, **values: object) -> Pass:
    return world.verifier(pair or world.pair("the verifier"), **values).run()


def damage(world: World, side: str, session_id: str, value: bytes) -> None:
    """By somebody who knows of no route."""
    world.side(side).write(SessionRecord(session_id, value), None)


def test_r28_a_source_that_forgot_acknowledged_writes_gets_them_back_from_the_replica(real: OnServers) -> None:
    real.write("one", b"1")
    carry(real)
    path = Path(real.places["a"].config["path"])
    real.close()
    shutil.copy(path, f"{path}.kept")
    again = replace_stores(real)
    again.write("one", b"2")
    again.write("two", b"2")
    carry(again)
    again.close()
    shutil.copy(f"{path}.kept", path)
    after = replace_stores(real)

    found = verify(after)
    carry(after)

    assert (found.regressed, found.repaired) == (2, 2)
    assert (after.held("a", "one"), after.held("a", "two")) == (b"2", b"2")
    assert verify(after).is_clean
    after.close()


def replace_stores(world: OnServers) -> OnServers:
    """The same world, its stores opened anew."""
    world.a, world.b = world.open("a"), world.open("b")
    return world


@pytest.mark.servers
@pytest.mark.parametrize("real", ["redis"], indirect=True)
def test_r29_what_a_replica_evicts_is_found_and_brought_back(real: OnServers) -> None:
    """Eviction takes keys without a trace; the gate on the eviction policy is `test_gates`."""
    for name in ("one", "two"):
        real.write(name, b"1")
    carry(real)
    real.b.sessions._client.delete(f"{real.places['b'].config['prefix']}one")

    found = verify(real)
    carry(real)

    assert dict(found.kinds) == {DivergenceKind.MISSING: 1}
    assert real.held("b", "one") == b"1"
    assert verify(real).is_clean


@pytest.mark.parametrize("carried", [True, False], ids=["and carried", "and marked"])
def test_r31_a_write_between_the_two_reads_is_no_divergence(real: OnServers, *, carried: bool) -> None:
    real.write("one", b"1")
    carry(real)

    def write() -> None:
        real.write("one", b"2")
        if carried:
            carry(real)

    pair = real.pair("the verifier")
    watched = replace(pair, b=BeforeSessions(pair.b, write))

    assert verify(real, watched).is_clean


class BeforeSessions(Before):
    """Acts right before its sessions are read plainly, as the verifier does it."""

    def __init__(self, store, act) -> None:
        super().__init__(store, "", act)
        self.sessions = Before(store.sessions, "read", act)


def test_r31_a_real_divergence_of_a_hot_session_is_found_as_soon_as_it_lasts(real: OnServers) -> None:
    """While it is rewritten all the time each write brings the replica level; what lasts after the last is found."""
    real.write("one", b"1")
    carry(real)
    damage(real, "b", "one", b"damaged")
    pair = real.pair("the verifier")
    hot = replace(pair, b=Before(pair.b, "marked", lambda: real.write("one", b"hot")))
    assert verify(real, hot).is_clean, "the authority changed between the two looks"

    for _ in range(3):
        carry(real)
        if verify(real).is_clean:
            break
    assert real.held("a", "one") == real.held("b", "one") == b"hot"


def test_r32_a_client_that_writes_while_its_session_is_repaired_wins(real: OnServers) -> None:
    real.write("one", b"1")
    carry(real)
    damage(real, "b", "one", b"damaged")
    pair = real.pair("the verifier")
    busy = replace(pair, a=Before(pair.a, "remint", lambda: real.write("one", b"client")))

    found = verify(real, busy)
    assert (found.diverging, found.repaired) == (1, 0)
    for _ in range(3):
        carry(real)
        if verify(real).is_clean:
            break
    assert real.held("a", "one") == real.held("b", "one") == b"client"


def test_r33_bytes_that_differ_and_mean_the_same_are_equal(world: InMemory) -> None:
    session = SessionRecord("one", b'{"a": 1, "b": 2}', codec=Codec.JSON)
    world.a.write(session, world.way("one")[1])
    carry(world)
    rows = world.places["b"].rows
    rows["one"] = replace(rows["one"], value=b'{"b":2,"a":1}')
    assert verify(world).is_clean

    rows["one"] = replace(rows["one"], value=b'{"b":2,"a":2}')
    assert dict(verify(world).kinds) == {DivergenceKind.VALUE: 1}
