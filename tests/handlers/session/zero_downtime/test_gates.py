from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.gates import PANEL_AGE_SECONDS, Gate, Gates
from migrations_app.stores.routed.base import ALL_BUCKETS, Guard
from migrations_app.stores.sessions.base import StoreProbe
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.routed_memory import MemoryRoutedStore
from migrations_app.testing.session_memory import MemoryPlace, MemorySessions
from tests.handlers.session.zero_downtime.world import InMemory


class Odd(MemoryRoutedStore):
    """Its sessions report `probed`. Without `watching` its journal misses writes; without `fencing` all may write."""

    probed: dict[str, object] = {}
    watching = True
    fencing = True

    def __init__(self, place: MemoryPlace) -> None:
        super().__init__(place)
        odd = self

        class Sessions(MemorySessions):
            def probe(self, *, counted: bool = True) -> StoreProbe:
                assert not counted, "a gate is looked at four times a second and must not read the whole store"
                return replace(super().probe(counted=False), **odd.probed)  # type: ignore[arg-type]

        self.sessions = Sessions(place)

    def marked(self, ids: Sequence[str]) -> set[str]:
        return super().marked(ids) if self.watching else set()

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        return super().delete(session_id, guard if self.fencing else None)


def prepared(makes: dict[str, type[Odd]] | None = None, **parameters: object) -> InMemory:
    """Every gate is open."""
    world = InMemory(makes=makes or {}, parameters=parameters)
    world.follow(5)
    at = world.clock.now().isoformat()
    world.live.panels["verifier"] = {"at": at, "passes": 3, "compared": 1200, "diverging": 0, "clean_since": at}
    world.live.panels["relay"] = {"at": at, "lag_p99_ms": 12, "stuck": 0}
    return world


def look(world: InMemory, *, origin: str = "a", **changes: object) -> dict[str, Gate]:
    ctx, pair = world.driver(**changes)
    gates = Gates(ctx, pair, world.record, origin, world.clock.now())
    return {gate.id: gate for gate in gates.look(ALL_BUCKETS)}


def closed(world: InMemory, **changes: object) -> dict[str, str]:
    return {gate.id: gate.why for gate in look(world, **changes).values() if not gate.is_open}


def odd(**values: object) -> type[Odd]:
    return type("Chosen", (Odd,), values)


def test_all_seven_are_open() -> None:
    gates = look(prepared())

    assert list(gates) == ["G1", "G2", "G3", "G4", "G5", "G6", "G7"]
    assert all(gate.is_open and gate.title and gate.value for gate in gates.values())
    assert gates["G1"].as_dict() == {
        "id": "G1",
        "title": "A whole clean pass since the last repair",
        "value": "1,200 sessions compared in pass 3",
        "why": "",
        "open": True,
    }


@pytest.mark.parametrize("clean_since", ["", "2026-03-02T08:59:59+00:00"])
def test_g1_wants_a_clean_pass_that_began_since(clean_since: str) -> None:
    world = prepared()
    world.live.panels["verifier"]["clean_since"] = clean_since

    assert closed(world) == {"G1": "a clean pass is to come"}


def test_g1_is_closed_before_the_verifier_has_said_anything() -> None:
    world = prepared()
    del world.live.panels["verifier"]

    assert closed(world) == {"G1": "a clean pass is to come"}


def test_g2_wants_no_divergence() -> None:
    world = prepared()
    world.live.panels["verifier"]["diverging"] = 2

    assert closed(world) == {"G2": "2 session(s) differ and are being repaired"}


def test_g3_wants_a_relay_that_is_quick_and_heard_of() -> None:
    world = prepared()
    relay = world.live.panels["relay"]
    world.live.panels["relay"] = {**relay, "lag_p99_ms": 501}
    assert closed(world) == {"G3": "the relay must be quicker than 500 ms"}

    world.live.panels["relay"] = {**relay, "stuck": 3, "problem": "too long"}
    assert closed(world) == {"G3": "the other store cannot hold 3 session(s): too long"}

    silent = world.clock.now() - timedelta(seconds=PANEL_AGE_SECONDS + 1)
    world.live.panels["relay"] = {**relay, "at": silent.isoformat()}
    assert closed(world) == {"G3": "the relay has not reported for a while"}

    del world.live.panels["relay"]
    assert closed(world) == {"G3": "the relay has not reported for a while"}


def test_g4_names_live_clients_that_are_behind() -> None:
    world = prepared()
    world.follow(5, 4)

    assert closed(world) == {"G4": "client-1 must acknowledge epoch 5"}


def test_g4_waits_until_writers_that_do_not_follow_the_route_have_been_quiet_for_a_while() -> None:
    world = prepared(legacy_watch_ms=3000)
    assert closed(world) == {}
    world.a.write(SessionRecord("one", b"1"), None)
    world.live.panels["relay"]["legacy_quiet_ms"] = 2999

    assert closed(world) == {
        "G4": "1 write(s) came from code that does not follow the route, the last one a moment ago"
    }
    world.live.panels["relay"]["legacy_quiet_ms"] = 3000
    assert closed(world) == {}


def test_g4_does_not_hold_what_came_before_the_journal_against_anybody() -> None:
    world = prepared(legacy_watch_ms=3000)
    world.a.write(SessionRecord("one", b"1"), None)
    before = world.driver()[0].results

    assert closed(world, results={**before, "journal": {"legacy_writes": 1}}) == {}


@pytest.mark.parametrize(
    ("probed", "why"),
    [
        ({"capacity_bytes": 100, "used_bytes": 100, "eviction_policy": "noeviction"}, "it has no room left"),
        (
            {"capacity_bytes": 100, "used_bytes": 1, "eviction_policy": "allkeys-lru"},
            "its eviction policy allkeys-lru may drop sessions",
        ),
    ],
)
def test_g5_wants_room_that_nothing_is_evicted_from(probed: dict[str, object], why: str) -> None:
    assert closed(prepared({"b": odd(probed=probed)})) == {"G5": why}


def test_g5_says_how_much_is_free() -> None:
    world = prepared({"b": odd(probed={"capacity_bytes": 5000, "used_bytes": 100, "eviction_policy": "noeviction"})})

    assert look(world)["G5"].value == "4.8 kB free"


@pytest.mark.parametrize("side", ["a", "b"])
def test_g6_tries_an_old_epoch_on_both_sides(side: str) -> None:
    assert closed(prepared({side: odd(fencing=False)})) == {"G6": f"side {side} accepts a write of an old epoch"}


@pytest.mark.parametrize("side", ["a", "b"])
def test_g6_is_closed_by_a_server_that_has_no_fences_any_more(side: str) -> None:
    class Emptied(Odd):
        def fences(self) -> Sequence[int]:
            return []

    assert closed(prepared({side: Emptied})) == {"G6": f"side {side} accepts a write of an old epoch"}


def test_g6_is_tried_in_a_bucket_that_is_to_be_handed_over() -> None:
    world = prepared()
    ctx, pair = world.driver()
    gates = Gates(ctx, pair, world.record, "a", world.clock.now())
    seqs = list(pair.a.highest_seqs())
    gates.look([77, 78])

    assert [bucket for bucket in range(256) if pair.a.highest_seqs()[bucket] != seqs[bucket]] == [77]


def test_g6_wants_the_journal_to_see_an_accepted_write() -> None:
    assert closed(prepared({"a": odd(watching=False)})) == {"G6": "an accepted write did not reach the journal"}


def test_g6_is_content_when_the_relay_was_quicker_than_its_look() -> None:
    """The canary's mark may be gone already, because it was carried."""
    world = InMemory()

    class Quick(Odd):
        def marked(self, ids: Sequence[str]) -> set[str]:
            world.relay(world.pair("the relay's scope")).carry(ALL_BUCKETS)
            return super().marked(ids)

    world = prepared({"a": Quick})

    assert closed(world) == {}


def test_g6_leaves_no_live_canary_behind() -> None:
    world = prepared()
    look(world)
    world.relay(world.pair()).carry(ALL_BUCKETS)

    assert world.places["a"].rows == world.places["b"].rows == {}


def test_g6_the_way_back() -> None:
    world = prepared()
    world.publish(RoutePhase.HANDOFF)
    world.publish(RoutePhase.DUAL_B)
    world.b.raise_fence(ALL_BUCKETS, 7, WorkerToken("setting up", 1))
    world.follow(7)

    assert closed(world, origin="b") == {}


def test_g7_wants_the_target_that_was_signed() -> None:
    world = prepared({"b": odd(probed={"identity": "another"})})
    results = {**world.driver()[0].results, "join": {"target_identity": "signed"}}

    assert closed(world, results=results) == {"G7": "the store behind “new” is another one"}
