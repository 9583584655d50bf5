"""Races of the copy and the relay with clients and with one another (PROTOCOL 5.9), forced at named points.

R15 (a crash between a write and its mark) has no schedule here: every store under a route writes both in one atomic
step, and a store that cannot is refused.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken, partition_scope
from migrations_app.handlers.session.partitions import TRANSFER, close_partitions
from migrations_app.handlers.session.zero_downtime.actions.backfill import Backfill
from migrations_app.handlers.session.zero_downtime.collector import Collector
from migrations_app.handlers.session.zero_downtime.relay import Relayed
from migrations_app.stores.routed.base import ALL_BUCKETS
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import HOUR_MS
from tests.handlers.session.zero_downtime.interleaving import stalled, until
from tests.handlers.session.zero_downtime.world import EVERY_STORE, OnServers

PARTITION = partition_scope(7, TRANSFER, 0)


def copying(world: OnServers, scope: str = PARTITION, **changes: Any) -> Callable[[], Any]:
    """A driver of the backfill, with the next token of its scope."""

    def drive() -> Any:
        world.token += 1
        return Backfill().do(world.context(WorkerToken(scope, world.token), **changes))

    return drive


def carry(world: OnServers, origin: str = "a", scope: str = "the relay") -> Relayed:
    return world.relay(world.pair(scope), origin).carry(ALL_BUCKETS)


def carrying(world: OnServers, scope: str) -> Callable[[], Relayed]:
    return lambda: carry(world, scope=scope)


def level(world: OnServers, *ids: str) -> bool:
    return world.levelness(world.pair("the verifier")).differing(ids) == []


def test_r01_a_late_copy_does_not_replace_a_newer_write(real: OnServers, tmp_path: Path) -> None:
    """Copy reads v5; a client writes v6; the relay carries v6; the copy applies v5."""
    real.write("one", b"v5")
    with stalled(real, "session.backfill.read", copying(real), tmp_path) as copy:
        real.write("one", b"v6")
        carry(real)
        assert copy.go_on()["refused"] == 1

    assert real.held("b", "one") == b"v6"
    assert level(real, "one")


def test_r02_a_late_copy_does_not_bring_back_what_was_deleted(real: OnServers, tmp_path: Path) -> None:
    real.write("one", b"v5")
    with stalled(real, "session.backfill.read", copying(real), tmp_path) as copy:
        real.delete("one")
        carry(real)
        assert copy.go_on()["refused"] == 1

    assert real.held("a", "one") is real.held("b", "one") is None


def test_r03_a_tombstone_is_collected_only_when_no_late_copy_can_come(real: OnServers, tmp_path: Path) -> None:
    """Deleted, collected, and then a copy that has been read long ago arrives: its fence is shut."""
    real.write("one", b"v5")
    with stalled(real, "session.backfill.read", copying(real), tmp_path) as copy:
        real.delete("one")
        carry(real)
        pair = real.pair("run:7:background.verifier:0")
        close_partitions(7, 2, pair.b.sessions)
        assert Collector(pair, pair.worker, least_age_ms=0).collect() == 2
        assert isinstance(copy.go_on(), LeaseLost)

    assert real.held("b", "one") is None


def test_r04_a_late_copy_of_a_first_life_does_not_replace_the_second(real: OnServers, tmp_path: Path) -> None:
    real.write("one", b"first life")
    with stalled(real, "session.backfill.read", copying(real), tmp_path) as copy:
        real.delete("one")
        real.write("one", b"second life")
        carry(real)
        copy.go_on()

    assert real.held("b", "one") == b"second life"


@pytest.mark.parametrize("relay_first", [True, False], ids=["relay, copy", "copy, relay"])
def test_r05_a_touch_between_the_copys_two_halves_is_not_lost(
    real: OnServers, tmp_path: Path, relay_first: bool
) -> None:
    """rs#981: what is carried is the state with its deadline, not the command."""
    real.write("one", until=real.a.now_ms() + HOUR_MS)
    with stalled(real, "session.backfill.read", copying(real), tmp_path) as copy:
        touched = real.a.touch("one", real.way("one")[1], 2 * HOUR_MS)
        if relay_first:
            carry(real)
        copy.go_on()
        carry(real)

    found = real.b.sessions.read(["one"])[0]
    assert found is not None
    assert touched.expires_at_ms is not None
    assert abs((found.expires_at_ms or 0) - touched.expires_at_ms) <= 50


def test_r06_a_shorter_deadline_wins_over_a_touch_that_is_carried_late(real: OnServers, tmp_path: Path) -> None:
    real.write("one", until=real.a.now_ms() + HOUR_MS)
    real.a.touch("one", real.way("one")[1], 2 * HOUR_MS)
    with stalled(real, "relay.read", carrying(real, "the slow relay"), tmp_path) as relay:
        shorter = real.a.now_ms() + HOUR_MS // 2
        real.write("one", until=shorter)
        carry(real)
        relay.go_on()

    found = real.b.sessions.read(["one"])[0]
    assert found is not None
    assert abs((found.expires_at_ms or 0) - shorter) <= 50


def test_r06_a_session_that_expired_meanwhile_ends_on_the_replica_too(real: OnServers) -> None:
    real.write("one", until=real.a.now_ms() + HOUR_MS)
    carry(real)
    soon = real.a.now_ms() + 30
    real.write("one", until=soon)
    until(lambda: real.a.now_ms() > soon + 5)
    carry(real)

    assert real.held("b", "one") is None


def test_r07_a_copy_that_expires_before_its_renewal_arrives_lives_on(real: OnServers) -> None:
    soon = real.a.now_ms() + 150
    real.write("one", b"1", until=soon)
    carry(real)
    real.write("one", b"1", until=soon + HOUR_MS)
    until(lambda: real.held("b", "one") is None and real.b.now_ms() > soon)
    carry(real)

    assert real.held("b", "one") == b"1"
    assert level(real, "one")


@EVERY_STORE
def test_r14_a_mark_that_is_renewed_between_read_and_acknowledgement_stays(real: OnServers, tmp_path: Path) -> None:
    real.write("one", b"1")
    with stalled(real, "relay.applied", carrying(real, "the relay"), tmp_path) as relay:
        real.write("one", b"2")
        assert relay.go_on().acknowledged == 0
    assert real.a.marked(["one"]) == {"one"}

    assert carry(real).acknowledged == 1
    assert real.held("b", "one") == b"2"


def test_r16_what_was_carried_and_not_acknowledged_is_carried_again_to_no_effect(real: OnServers) -> None:
    real.write("one", b"1")
    with armed("relay.applied:raise"), pytest.raises(Crash):
        carry(real)
    before = real.b.fetch(["one"])

    assert carry(real).acknowledged == 1
    assert real.b.fetch(["one"]) == before


@EVERY_STORE
@pytest.mark.parametrize("fenced", [True, False], ids=["of one scope", "unfenced"])
def test_r17_of_two_relays_on_one_bucket_the_later_state_stays(
    real: OnServers, tmp_path: Path, *, fenced: bool
) -> None:
    """The worker's fence stops the earlier one; without it the versions do."""
    real.write("one", b"1")
    first = "the relay" if fenced else "the first relay"
    with stalled(real, "relay.read", carrying(real, first), tmp_path) as relay:
        real.write("one", b"2")
        assert carry(real).acknowledged == 1
        outcome = relay.go_on()
        assert isinstance(outcome, LeaseLost) if fenced else outcome.acknowledged == 0

    assert real.held("b", "one") == b"2"
    assert real.a.journal(ALL_BUCKETS).depth == 0


@pytest.mark.parametrize("moment", ["successor", "hand-over", "hand-back", "collection"])
@pytest.mark.parametrize("fenced", [True, False], ids=["of one scope", "unfenced"])
def test_r18_a_zombie_of_the_backfill_changes_nothing(
    real: OnServers, tmp_path: Path, moment: str, *, fenced: bool
) -> None:
    """It fires after its successor has finished, after the hand-over, after the hand-back, after the collection.

    Its fence stops it; without one (`unfenced`) versions and tombstones do. They are not collected then: that is
    what the collector waits for.
    """
    real.write("kept", b"1")
    real.write("gone", b"1")
    zombie = copying(real, PARTITION if fenced else "unfenced")
    with stalled(real, "session.backfill.read", zombie, tmp_path) as copy:
        copying(real)()
        real.write("kept", b"2")
        real.delete("gone")
        carry(real)
        if moment in ("hand-over", "hand-back"):
            real.hand_off(*real.driver()).hand_over(ALL_BUCKETS)
            real.write("kept", b"3")
        if moment == "hand-back":
            real.hand_off(*real.driver(), back=True).hand_over(ALL_BUCKETS)
        if moment == "collection" and fenced:
            pair = real.pair("run:7:background.verifier:0")
            close_partitions(7, 2, pair.b.sessions)
            assert Collector(pair, pair.worker, least_age_ms=0).collect() == 2
        before = {side: real.side(side).fetch(["kept", "gone"]) for side in "ab"}
        outcome = copy.go_on()
        assert isinstance(outcome, LeaseLost) if fenced else outcome["written"] == 0

    assert {side: real.side(side).fetch(["kept", "gone"]) for side in "ab"} == before


class Meanwhile(Notebook):
    """Acts after each page that the copy saves."""

    def __init__(self, act: Callable[[int], object]) -> None:
        super().__init__()
        self._act = act

    def save(self, checkpoint: Any, **values: Any) -> None:
        super().save(checkpoint, **values)
        self._act(len(self.saved))


@EVERY_STORE
def test_r24_sessions_that_come_and_go_while_the_source_is_read(real: OnServers) -> None:
    """Enough of them that a hash table grows and shrinks below the cursor."""
    for number in range(400):
        real.write(f"s-{number:04d}", b"%d" % number)

    def churn(page: int) -> None:
        for number in range(page * 150, page * 150 + 150):
            real.write(f"new-{number:04d}", b"new")
        for number in range((page - 1) * 40, min(400, (page - 1) * 40 + 20)):
            real.delete(f"s-{number:04d}")

    copying(real, progress=Meanwhile(lambda page: page > 4 or churn(page)))()
    while carry(real).ids:
        continue

    assert real.verifier(real.pair("the verifier")).run().is_clean
    assert real.a.sessions.count() == real.b.sessions.count()
    assert real.held("b", "s-0399") == b"399"


@EVERY_STORE
def test_r25_a_session_that_is_inserted_behind_the_cursor(real: OnServers) -> None:
    for number in range(250):
        real.write(f"s-{number:04d}")

    copying(real, progress=Meanwhile(lambda page: page > 1 or real.write("a-first", b"1")))()
    carry(real)

    assert real.held("b", "a-first") == b"1"
    assert real.verifier(real.pair("the verifier")).run().is_clean
