from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DependencyUnavailable, LeaseLost, Problem, Timeout, ValidationFailed
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.hand_off import HandOffAborted, abort, orphaned
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.stores.routed.base import ALL_BUCKETS, Adopted, Fenced, Held
from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import ROUTE
from tests.handlers.session.zero_downtime.world import InMemory, ids_in

P = RoutePhase
POINTS = ("reserved", "published", "fenced", "drained", "compared", "closed", "done")


class Interrupting(Notebook):
    """Acts whenever the driver says that it is alive."""

    def __init__(self, act: object) -> None:
        super().__init__()
        self.act = act

    def alive(self) -> None:
        self.act()  # type: ignore[operator]


class Refusing(MemoryRoutedStore):
    """A replica that raises `error` when it is to adopt."""

    error: type[Exception] = DependencyUnavailable

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        if self.error is ValidationFailed:
            raise ValidationFailed("too long", problems=[Problem("value", "too long", "Shorten it.", "too_long")])
        raise self.error


class Slow(MemoryRoutedStore):
    """A write is under way that does not end: the fence cannot be raised."""

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        if epoch > 6:
            raise Timeout(f"Writes under way did not end within {within_ms} ms.")
        super().raise_fence(buckets, epoch, worker, within_ms=within_ms)


def fill(world: InMemory, count: int = 20) -> dict[str, bytes]:
    """Acknowledged writes; half of them wait to be carried."""
    values = {f"id-{number}": b"%d" % number for number in range(count)}
    for number, (name, value) in enumerate(values.items()):
        world.write(name, value)
        if number == count // 2:
            world.relay(world.pair()).carry(ALL_BUCKETS)
    world.delete("id-0")
    del values["id-0"]
    return values


def expect(world: InMemory, values: dict[str, bytes]) -> None:
    """Every acknowledged write is read where clients read, and what was deleted is not; one side alone serves."""
    world.expect_one_authority()
    assert {name: world.read(name) for name in values} == values
    assert world.read("id-0") is None


def test_there_and_back(world: InMemory) -> None:
    values = fill(world)
    ctx, pair = world.driver()
    done = world.hand_off(ctx, pair).hand_over(ALL_BUCKETS)

    assert (world.record.phase, world.record.epoch, done.record) == (P.DUAL_B, 7, world.record)
    assert set(world.a.fences()) == set(world.b.fences()) == {7}
    assert (done.drained, done.compared) == (10, 10)
    expect(world, values)

    values["id-3"] = b"later"
    world.write("id-3", b"later")
    done = world.hand_off(ctx, pair, back=True).hand_over(ALL_BUCKETS)
    assert (world.record.phase, world.record.epoch, done.drained) == (P.DUAL_A, 9, 1)
    expect(world, values)
    assert world.live.hurried == 2


def test_only_the_buckets_of_its_wave(world: InMemory) -> None:
    values = fill(world)
    ctx, pair = world.driver()
    world.hand_off(ctx, pair).hand_over(range(26))

    assert buckets_in(world.record, P.DUAL_B) == list(range(26))
    assert (world.a.fences()[25], world.a.fences()[26]) == (7, 3)
    expect(world, values)


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("point", POINTS)
def test_a_driver_that_dies_at_any_point_is_followed_by_one_that_finds_one_authority(
    world: InMemory, point: str, back: bool
) -> None:
    """PROTOCOL F12."""
    values = fill(world)
    if back:
        world.hand_off(*world.driver()).hand_over(ALL_BUCKETS)
        world.write("id-4", b"there")
        values["id-4"] = b"there"
    before, reserved = world.record, world.routes.reserved(ROUTE)
    with armed(f"hand_off.{point}:raise"), pytest.raises(Crash):
        world.hand_off(*world.driver(), back=back).hand_over(ALL_BUCKETS)

    ctx, pair = world.driver()
    left = abort(ctx, pair, "its driver died.")

    done, untouched = point == "done", point == "reserved"
    assert orphaned(left) is False
    assert left.authority == ("b" if done is not back else "a")
    assert left == before if untouched else left.epoch > before.epoch
    if not (done or untouched):
        assert left.epoch > reserved + 2, "above every epoch that was set aside"
    expect(world, values)
    world.write("id-5", b"after")
    values["id-5"] = b"after"
    if not done:
        world.hand_off(ctx, pair, back=back).hand_over(ALL_BUCKETS)
        assert world.record.epoch > left.epoch
    assert world.record.authority == ("a" if back else "b")
    expect(world, values)


def test_while_writes_wait_they_are_refused_and_reads_go_on(world: InMemory) -> None:
    fill(world)
    before = world.record
    seen = []

    def lately() -> list[str]:
        with pytest.raises(Fenced) as refused:
            world.write("id-1", b"too late", by=before)
        seen.append(('"phase":"handoff"' in refused.value.document, world.read("id-1")))
        return []

    hand_off = world.hand_off(*world.driver())
    hand_off = replace(hand_off, lately=lately)
    hand_off.hand_over(ALL_BUCKETS)

    assert seen == [(True, b"1")]


def test_draining_that_takes_too_long_is_given_up(world: InMemory) -> None:
    """PROTOCOL F13: the clock moves on with each sign of life."""
    values = fill(world)
    for name in [f"more-{number}" for number in range(600)]:
        world.write(name)
    ctx, pair = world.driver(progress=Interrupting(lambda: world.clock.advance(6)))

    with pytest.raises(HandOffAborted, match="Emptying the journal took longer than the 5000 ms"):
        world.hand_off(ctx, pair).hand_over(ALL_BUCKETS)
    assert (world.record.phase, world.record.epoch) == (P.DUAL_A, 8)
    assert "given up" in world.log.lines[-1]
    expect(world, values)


@pytest.mark.parametrize(("point", "doing"), [("compare", "Comparing"), ("close", "Closing the fences")])
def test_so_is_whatever_else_takes_too_long(world: InMemory, point: str, doing: str) -> None:
    values = fill(world)
    ctx, pair = world.driver()
    hand_off = world.hand_off(ctx, pair)
    if point == "compare":
        hand_off = replace(hand_off, lately=lambda: world.clock.advance(6) or [])
    else:

        class Late(MemoryRoutedStore):
            def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, **values: int) -> None:
                world.clock.advance(6)
                super().raise_fence(buckets, epoch, worker, **values)

        hand_off = world.hand_off(ctx, replace(pair, b=Late(world.places["b"])))

    with pytest.raises(HandOffAborted, match=doing):
        hand_off.hand_over(ALL_BUCKETS)
    assert world.record.phase is P.DUAL_A
    expect(world, values)


def test_a_difference_under_the_fence_gives_it_up(world: InMemory) -> None:
    """PROTOCOL F19."""
    values = fill(world)
    world.relay(world.pair()).carry(ALL_BUCKETS)
    del world.places["b"].rows["id-3"]

    with pytest.raises(HandOffAborted, match=r"1 session\(s\) differ") as raised:
        world.hand_off(*world.driver(), lately=["id-3"]).hand_over(ALL_BUCKETS)
    assert [found["kind"] for found in raised.value.details["differences"]] == ["missing"]
    assert "id-3" not in str(raised.value.as_dict())
    expect(world, values)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValidationFailed, "cannot be held by the other store: too long"),
        (DependencyUnavailable, DependencyUnavailable().message),
    ],
)
def test_a_replica_that_refuses_or_is_away_gives_it_up(error: type[Exception], said: str) -> None:
    world = InMemory(makes={"b": type("Chosen", (Refusing,), {"error": error})})
    for number in range(4):
        world.write(f"id-{number}")
    world.delete("id-0")

    with pytest.raises(HandOffAborted, match=said):
        world.hand_off(*world.driver()).hand_over(ALL_BUCKETS)
    assert world.record.phase is P.DUAL_A
    world.write("id-1", b"on")
    expect(world, {"id-1": b"on"})


def test_writes_under_way_that_do_not_end_give_it_up() -> None:
    world = InMemory(makes={"b": Slow})
    values = fill(world)

    with pytest.raises(HandOffAborted, match="did not end within 2000 ms"):
        world.hand_off(*world.driver()).hand_over(ALL_BUCKETS)
    expect(world, values)


def test_the_end_of_a_slice_gives_it_up_and_passes_through(world: InMemory) -> None:
    def end() -> None:
        raise SliceOver

    values = fill(world)
    with pytest.raises(SliceOver):
        world.hand_off(*world.driver(progress=Interrupting(end))).hand_over(ALL_BUCKETS)
    assert world.record.phase is P.DUAL_A
    expect(world, values)


def test_a_driver_that_was_replaced_leaves_all_to_its_successor(world: InMemory) -> None:
    values = fill(world)
    ctx, pair = world.driver(progress=Interrupting(lambda: None))
    hand_off = world.hand_off(ctx, pair)
    hand_off = replace(hand_off, lately=lambda: world.driver() and [])

    with pytest.raises(LeaseLost):
        hand_off.hand_over(ALL_BUCKETS)
    assert world.record.phase is P.HANDOFF
    abort(*world.driver(), "its driver was replaced.")
    expect(world, values)


def test_to_abort_without_an_open_hand_off_changes_nothing(world: InMemory) -> None:
    assert abort(*world.driver(), "nothing") == world.record
    assert (world.record.epoch, world.log.lines) == (5, [])


def test_an_abort_ends_both_ways_at_once(world: InMemory) -> None:
    one, other = ids_in(3)[0], ids_in(200)[0]
    world.hand_off(*world.driver()).hand_over(range(100))
    world.publish(P.HANDOFF_BACK, range(10))
    world.publish(P.HANDOFF, range(150, 256))

    abort(*world.driver(), "both were left behind.")

    assert buckets_in(world.record, P.DUAL_B) == list(range(100))
    assert len(buckets_in(world.record, P.DUAL_A)) == 156
    world.expect_one_authority()
    world.write(one)
    world.write(other)


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_server_that_was_started_anew_meanwhile_may_have_lost_its_fence(side: str) -> None:
    class Restarted(MemoryRoutedStore):
        """Another incarnation from when the journal has been emptied on."""

        def incarnation(self) -> str:
            return "after" if drained else "before"

    drained: list[bool] = []
    world = InMemory(makes={side: Restarted})
    values = fill(world)
    ctx, pair = world.driver()
    hand_off = world.hand_off(ctx, pair)

    def compare(ids: Sequence[str]) -> list[object]:
        drained.append(True)
        return []

    object.__setattr__(hand_off, "level", SimpleNamespace(differing=compare))
    with pytest.raises(HandOffAborted, match="started anew"):
        hand_off.hand_over(ALL_BUCKETS)

    assert world.record.phase is P.DUAL_A
    expect(world, values)
