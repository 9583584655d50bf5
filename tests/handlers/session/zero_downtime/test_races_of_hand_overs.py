"""Races of drivers in a hand-over, with one another and with the relay (PROTOCOL 5.9), forced at named points.

R19's other half, that of two deliveries only one gets the lease, is `tests/services/test_driving.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.hand_off import HandOffAborted, abort
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced
from migrations_app.testing.memory import MemoryRoutes
from tests.handlers.session.moves import HOUR_MS
from tests.handlers.session.zero_downtime.interleaving import stalled
from tests.handlers.session.zero_downtime.world import EVERY_STORE, InMemory, OnServers, World

P = RoutePhase
POINTS = ("published", "fenced", "drained", "compared", "closed")


def handing_over(world: World, scope: str = "run:7", *, back: bool = False) -> Callable[[], Any]:
    """A driver that hands every bucket over."""

    def drive() -> Any:
        pair = world.pair(scope)
        return world.hand_off(world.context(pair.worker), pair, back=back).hand_over(ALL_BUCKETS)

    return drive


@pytest.mark.parametrize("point", POINTS)
def test_r19_a_step_that_is_delivered_twice_is_driven_once(real: OnServers, tmp_path: Path, point: str) -> None:
    """The second driver claims the lease, ends what the first began, and goes on; the first is refused."""
    real.write("one", b"1")
    with stalled(real, f"hand_off.{point}", handing_over(real), tmp_path) as first:
        abort(*real.driver(), "its driver was replaced.")
        real.write("one", b"2")
        handing_over(real)()
        record = real.record
        assert isinstance(first.go_on(), LeaseLost)

    assert real.record == record
    assert record.phase is P.DUAL_B
    assert real.read("one") == b"2"
    real.expect_one_authority()


@pytest.mark.parametrize("fenced", [True, False], ids=["of one scope", "unfenced"])
@pytest.mark.parametrize("point", ["drained", "compared", "closed"])
def test_r20_a_stalled_driver_raises_its_fence_after_another_has_aborted(
    real: OnServers, tmp_path: Path, point: str, *, fenced: bool
) -> None:
    """Without the worker's fence its late fence is harmless: the abort's epoch is above every one set aside, and the
    publication is a compare-and-set."""
    real.write("one", b"1")
    first = handing_over(real, "run:7" if fenced else "unfenced")
    with stalled(real, f"hand_off.{point}", first, tmp_path) as stale:
        abort(*real.driver(), "its driver died.")
        record = real.record
        real.write("one", b"after the abort")
        assert isinstance(stale.go_on(), LeaseLost if fenced else HandOffAborted)

    assert (real.record, record.phase) == (record, P.DUAL_A)
    real.write("two", b"still accepted")
    assert (real.read("one"), real.read("two")) == (b"after the abort", b"still accepted")
    real.expect_one_authority()


class Raced(MemoryRoutes):
    """Somebody else comes once, right before a record is published that is wholly at a phase."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[RoutePhase, Callable[[], object]] = {}

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        self.before.pop(record.phase, lambda: None)()
        return super().publish(record, expected_epoch=expected_epoch)


@pytest.mark.parametrize("ahead", ["abort", "publication"])
def test_r21_of_an_abort_and_a_publication_one_wins_and_the_other_sees_it(tmp_path: Path, ahead: str) -> None:
    """Both have looked at the same record; one publishes right before the other. No fence stops either."""
    routes = Raced()
    world = InMemory(routes=routes)
    world.write("one", b"1")

    def give_up() -> RouteRecord:
        pair = world.pair("another")
        return abort(world.context(pair.worker), pair, "it takes too long.")

    if ahead == "abort":
        routes.before[P.DUAL_B] = give_up
        with pytest.raises(HandOffAborted):
            handing_over(world, "unfenced")()
    else:
        with stalled(world, "hand_off.closed", handing_over(world, "unfenced"), tmp_path) as driver:
            routes.before[P.DUAL_A] = driver.go_on
            assert give_up() == world.record

    assert world.record.phase is (P.DUAL_A if ahead == "abort" else P.DUAL_B)
    assert world.read("one") == b"1"
    world.expect_one_authority()


@EVERY_STORE
@pytest.mark.parametrize("point", ["relay.read", "relay.applied"])
def test_r22_the_way_back_begins_while_the_forward_relay_still_applies(
    real: OnServers, tmp_path: Path, point: str
) -> None:
    real.write("one", b"1")

    def relay() -> Any:
        return real.relay(real.pair("the forward relay")).carry(ALL_BUCKETS)

    with stalled(real, point, relay, tmp_path) as late:
        handing_over(real)()
        real.write("one", b"there")
        real.write("two", b"there")
        handing_over(real, back=True)()
        late.go_on()

    assert (real.read("one"), real.read("two")) == (b"there", b"there")
    assert real.levelness(real.pair("the verifier")).differing(["one", "two"]) == []
    real.expect_one_authority()


def test_r23_forward_back_and_forward_again_uses_no_epoch_twice(real: OnServers) -> None:
    """Whoever still goes by a record of an earlier round is refused wherever it leads to."""
    rounds: list[RouteRecord] = []
    for turn in range(3):
        real.write("one", b"%d" % turn)
        rounds.append(real.record)
        handing_over(real, back=turn == 1)()
        assert real.read("one") == b"%d" % turn
    for older in rounds:
        with pytest.raises(Fenced):
            real.write("one", b"late", by=older)
        with pytest.raises(Fenced):
            real.read("one", by=older)

    epochs = [record.epoch for record in real.routes.published]
    assert epochs == sorted(set(epochs))
    assert real.read("one") == b"2"


@pytest.mark.parametrize("seconds", [5, -5])
def test_r30_clocks_that_differ_by_seconds(seconds: int) -> None:
    """In memory, as real servers of a test share one clock: deadlines are translated, there and back."""
    world = InMemory()
    world.places["b"].advance(seconds * 1000)
    skew = seconds * 1000
    deadline = world.a.now_ms() + HOUR_MS
    world.write("one", b"1", until=deadline)
    world.write("brief", b"1", until=world.a.now_ms() + 1000)
    pair = world.pair()
    assert pair.skew_ms() == skew

    world.relay(pair, skew_ms=skew).carry(ALL_BUCKETS)
    assert world.levelness(pair, skew_ms=skew).differing(["one", "brief"]) == []
    world.let_pass(1001)
    assert (world.held("a", "brief"), world.held("b", "brief")) == (None, None)
    there = world.b.sessions.read(["one"])[0]
    assert there is not None
    assert there.expires_at_ms == deadline + skew

    handing_over(world)()
    world.b.touch("one", world.way("one")[1], 2 * HOUR_MS)
    world.relay(world.pair(), "b", skew_ms=-skew).carry(ALL_BUCKETS)
    here = world.a.sessions.read(["one"])[0]
    assert here is not None
    assert here.expires_at_ms == world.a.now_ms() + 2 * HOUR_MS
