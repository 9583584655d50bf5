"""Drivers of leased partitions, side by side."""

from collections.abc import Sequence

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition, LeaseLost, StepFailed
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.executor import Limits, OutcomeKind
from migrations_app.engine.vocabulary import RunState, Signal, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, Moment
from tests.engine.toy import World, local_run


def planned(
    world: World | None = None, hook: Hook | None = None, *, limits: Limits | None = None, **chosen: object
) -> LocalRun:
    """A run that waits for its three partitions."""
    options = {"parallel_workers": 3, "batch_size": 1, **chosen}
    run = local_run(world or World(), hook, chosen=options, limits=limits or Limits())
    assert run.drive().kind is OutcomeKind.PARKED
    return run


def failing_in(index: int, error: Exception, times: int = 1_000) -> Hook:
    left = [times]

    def hook(moment: Moment) -> None:
        at = (moment.call, moment.step, moment.context.partition)
        if at == (Call.DO, "copy", index) and not moment.after and left[0]:
            left[0] -= 1
            raise error

    return hook


def test_only_the_last_to_finish_wakes_the_run() -> None:
    run = planned()
    assert [run.drive_partition("copy", index).wake_run for index in (2, 0, 1)] == [False, False, True]
    assert run.drive().kind is OutcomeKind.FINISHED


def test_two_that_finish_at_once_wake_the_run_at_least_once() -> None:
    run = planned(parallel_workers=2)
    others = []

    def other_finishes(events: Sequence[Event]) -> None:
        if events[-1].type is EventType.PARTITION_SUCCEEDED and events[-1].partition == 0:
            run.memory.on_append = None
            others.append(run.drive_partition("copy", 1))  # before 0 looks whether it was the last

    run.memory.on_append = other_finishes
    first = run.drive_partition("copy", 0)
    assert [outcome.wake_run for outcome in (first, *others)] == [True, True]
    assert run.finish().state is RunState.SUCCEEDED


def test_a_finished_partition_driven_again_changes_nothing() -> None:
    world = World()
    run = planned(world)
    run.drive_partition("copy", 0)
    before = len(run.memory.events)
    outcome = run.drive_partition("copy", 0)
    assert (outcome.kind, outcome.reason, outcome.wake_run) == (OutcomeKind.FINISHED, "succeeded", False)
    assert len(run.memory.events) == before


def test_a_partition_resumes_at_its_own_checkpoint() -> None:
    world = World()
    run = planned(world)
    with armed("progress.saved:raise"), pytest.raises(Crash):
        run.drive_partition("copy", 1)
    assert run.finish().state is RunState.SUCCEEDED
    assert world.done.count("copy 1") == 1


def test_a_partition_nobody_planned_is_refused() -> None:
    run = planned()
    for step, index in (("copy", 3), ("copy", -1), ("look", 0), ("walk", 0)):
        with pytest.raises(IllegalTransition, match="planned no partition"):
            run.drive_partition(step, index)


def test_a_retry_waits_without_a_worker_and_only_for_this_partition() -> None:
    run = planned(hook=failing_in(1, DependencyUnavailable(), times=1))
    outcome = run.drive_partition("copy", 1)
    assert (outcome.kind, outcome.reason, outcome.wake_run) == (OutcomeKind.PARKED, "retry", False)
    before = len(run.memory.events)
    assert run.drive_partition("copy", 1) == outcome, "driven too early, it waits on"
    assert len(run.memory.events) == before
    assert run.drive_partition("copy", 0).kind is OutcomeKind.FINISHED
    assert run.finish().state is RunState.SUCCEEDED
    assert run.view.step("copy").partitions[1].attempt == 2


def test_a_partition_that_fails_for_good_wakes_the_run_at_once() -> None:
    world = World()
    run = planned(world, failing_in(0, StepFailed("No.")))
    outcome = run.drive_partition("copy", 0)
    assert (outcome.kind, outcome.reason, outcome.wake_run) == (OutcomeKind.FINISHED, "failed", True)
    assert run.drive().reason == "rolled_back"
    assert world.target == {}


def test_the_others_stop_when_the_run_turns_round() -> None:
    world = World()
    run = planned(world, failing_in(0, StepFailed("No.")))

    def first_fails_meanwhile(events: Sequence[Event]) -> None:
        if events[-1].type is EventType.CHECKPOINT_SAVED and events[-1].partition == 1:
            run.memory.on_append = None
            run.drive_partition("copy", 0)
            run.drive()

    run.memory.on_append = first_fails_meanwhile
    outcome = run.drive_partition("copy", 1)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SUPERSEDED, "the run is rolled_back")
    assert run.drive_partition("copy", 2).kind is OutcomeKind.SUPERSEDED
    assert run.view.state is RunState.ROLLED_BACK


def test_three_deaths_without_a_checkpoint_end_the_partition() -> None:
    run = planned()
    for _ in range(3):
        with armed("partition.intent_written:raise"), pytest.raises(Crash):
            run.drive_partition("copy", 2)
    outcome = run.drive_partition("copy", 2)
    assert (outcome.reason, outcome.wake_run) == ("failed", True)
    assert run.finish().state is RunState.ROLLED_BACK
    assert (run.view.error or {})["type"] == "step_crashed"


def test_pause_stops_at_the_next_batch_and_resume_goes_on_from_there() -> None:
    world = World()
    run = planned(world)
    run.memory.on_append = lambda events: run.signal(Signal.PAUSE)
    outcome = run.drive_partition("copy", 0)
    assert (outcome.kind, outcome.reason, outcome.wake_at) == (OutcomeKind.PARKED, "paused", None)
    run.memory.on_append = None
    assert run.drive().reason == "paused"
    assert run.drive_partition("copy", 1).reason == "paused", "dispatched late, it does not start"
    assert run.view.step("copy").partitions[1].state is StepState.PENDING
    run.signal(Signal.NONE)
    assert run.finish().state is RunState.SUCCEEDED
    assert [world.done.count(f"copy {key}") for key in range(6)] == [1] * 6


@pytest.mark.parametrize("signal", [Signal.CANCEL, Signal.ROLL_BACK])
def test_cancel_stops_a_partition_and_leaves_the_turning_to_the_run(signal: Signal) -> None:
    world = World()
    run = planned(world)
    run.memory.on_append = lambda events: run.signal(signal)
    outcome = run.drive_partition("copy", 0)
    assert (outcome.kind, outcome.wake_run) == (OutcomeKind.PARKED, True)
    run.memory.on_append = None
    assert run.finish().state is RunState.ROLLED_BACK
    assert world.target == {}


def test_a_slice_ends_at_a_checkpoint() -> None:
    run = planned(limits=Limits(slice_seconds=5))
    run.memory.on_append = lambda events: run.clock.advance(3)
    kinds = [run.drive_partition("copy", 0).kind for _ in range(3)]
    assert OutcomeKind.YIELDED in kinds
    assert kinds[-1] is OutcomeKind.FINISHED
    assert run.view.step("copy").partitions[0].deaths == 0


@pytest.mark.parametrize("where", ["store", "journal"])
def test_a_lost_lease_writes_nothing_more(where: str) -> None:
    run = planned(hook=failing_in(0, LeaseLost(), times=1) if where == "store" else None)
    executor = run.executor("run:1:copy:0")
    if where == "journal":
        run.memory.claim("run:1:copy:0")
    written = len(run.memory.events)
    assert executor.drive_partition("copy", 0).kind is OutcomeKind.SUPERSEDED
    assert len(run.memory.events) == written + (1 if where == "store" else 0)
    assert run.finish().state is RunState.SUCCEEDED


def test_what_a_partition_logs_is_in_the_journal() -> None:
    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "copy" and not moment.after:
            moment.context.log.warning(f"partition {moment.context.partition} of {moment.context.partitions}")

    view = planned(hook=hook).finish()
    assert sorted(view.warnings) == ["partition 0 of 3", "partition 1 of 3", "partition 2 of 3"]
