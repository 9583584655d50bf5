from typing import Any

import pytest

from migrations_app.engine import step_fold
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.run_view import StepView
from migrations_app.engine.vocabulary import StepState
from migrations_app.testing.memory import START

E, S = EventType, StepState


def told(
    *events: tuple[EventType, dict[str, Any]], step: StepView | None = None, undoing: bool = False, partition: int = 0
) -> StepView:
    step = step or StepView("copy", "Copy")
    for kind, payload in events:
        event = Event(1, START, kind, "copy", partition, payload.get("attempt", 1), payload)
        step = step_fold.apply(step, event, undoing=undoing, in_undo_order=True)
    return step


STARTED = (E.STEP_STARTED, {})
PLANNED = told(STARTED, (E.PARTITIONS_PLANNED, {"partitions": 2}))
SAVED = (E.CHECKPOINT_SAVED, {"checkpoint": {"at": 1}, "done": 1, "total": 4, "unit": "rows", "counters": {"n": 1}})


def test_a_checkpoint_keeps_what_it_says_and_forgets_failures() -> None:
    retry = (E.STEP_RETRY_SCHEDULED, {"retry_at": START.isoformat(), "error": {"type": "timeout"}})
    waiting = told(STARTED, retry)
    assert (waiting.state, waiting.own.failures, waiting.own.retry_at) == (S.WAITING, 1, START)
    saved = told(STARTED, SAVED, step=waiting)
    assert (saved.done, saved.total, saved.unit, saved.counters) == (1, 4, "rows", {"n": 1})
    assert (saved.checkpoint, saved.own.failures, saved.own.retry_at) == ({"at": 1}, 0, None)


def test_the_same_checkpoint_again_is_no_progress() -> None:
    died = step_fold.count_death(step_fold.count_death(told(STARTED, SAVED)))
    assert died.own.deaths == 2
    assert told(SAVED, step=died).own.deaths == 2
    assert told((E.CHECKPOINT_SAVED, {"checkpoint": {"at": 2}, "done": 2}), step=died).own.deaths == 0


def test_only_work_under_way_can_die() -> None:
    assert step_fold.count_death(StepView("a", "A")) == StepView("a", "A")


def test_partitions_have_states_of_their_own() -> None:
    step = told(
        (E.PARTITION_STARTED, {}), (E.CHECKPOINT_SAVED, {**SAVED[1], "leased": True}), step=PLANNED, partition=1
    )
    assert [p.state for p in step.partitions] == [S.PENDING, S.RUNNING]
    assert (step.done, step.total, step.unfinished_partitions) == (1, None, (0, 1))
    step = told((E.PARTITION_SUCCEEDED, {"result": {"rows": 4}}), step=step, partition=1)
    assert step.partitions[1].result == {"rows": 4}
    assert step.unfinished_partitions == (0,)
    step = told((E.PARTITION_STARTED, {}), (E.PARTITION_FAILED, {"error": {"type": "timeout"}}), step=step)
    assert step.failed_partition is step.partitions[0]


def test_a_partition_that_starts_while_it_runs_has_died_unless_it_yielded() -> None:
    running = told((E.PARTITION_STARTED, {}), step=PLANNED)
    assert told((E.PARTITION_STARTED, {}), step=running).partitions[0].deaths == 1
    yielded = told((E.CHECKPOINT_SAVED, {"leased": True, "slice_over": True}), step=running)
    assert told((E.PARTITION_STARTED, {}), step=yielded).partitions[0].deaths == 0


@pytest.mark.parametrize(
    ("step", "event", "partition", "why"),
    [
        (PLANNED, E.PARTITION_STARTED, 2, "no such partition"),
        (StepView("copy", "Copy"), E.PARTITION_STARTED, 0, "no such partition"),
        (PLANNED, E.PARTITION_SUCCEEDED, 0, "never started"),
        (told((E.PARTITION_STARTED, {}), (E.PARTITION_SUCCEEDED, {}), step=PLANNED), E.PARTITION_STARTED, 0, "already"),
        (StepView("copy", "Copy"), E.UNDO_STARTED, 0, "not rolling back"),
        (StepView("copy", "Copy"), E.STEP_SUCCEEDED, 0, "the step is pending"),
        (told(STARTED), E.CONFIRMATION_GIVEN, 0, "the step is running"),
        (told(STARTED, (E.STEP_RETRY_SCHEDULED, {})), E.CONFIRMATION_GIVEN, 0, "no confirmation is wanted"),
    ],
)
def test_what_is_not_allowed_says_why(step: StepView, event: EventType, partition: int, why: str) -> None:
    with pytest.raises(step_fold.NotAllowed, match=why):
        told((event, {}), step=step, partition=partition)


def test_on_the_way_back_only_undoing_is_allowed_and_only_what_is_to_be_undone() -> None:
    with pytest.raises(step_fold.NotAllowed, match="the run is rolling back"):
        told(STARTED, undoing=True)
    event = Event(1, START, E.UNDO_STARTED, "copy")
    with pytest.raises(step_fold.NotAllowed, match="does not undo this step"):
        step_fold.apply(StepView("copy", "Copy"), event, undoing=True, in_undo_order=False)


def test_what_a_partition_says_after_the_run_turned_round_changes_nothing() -> None:
    undoing = told((E.UNDO_STARTED, {}), step=PLANNED, undoing=True)
    assert told((E.PARTITION_SUCCEEDED, {}), step=undoing, undoing=True, partition=1) == undoing


def test_the_undo_has_progress_of_its_own_and_keeps_the_partitions() -> None:
    done = told((E.PARTITION_STARTED, {}), (E.PARTITION_SUCCEEDED, {"result": {}}), step=PLANNED)
    undoing = told((E.UNDO_STARTED, {}), (E.CHECKPOINT_SAVED, {"undo": True, "done": 9}), step=done, undoing=True)
    assert (undoing.state, undoing.done, len(undoing.partitions)) == (S.UNDOING, 9, 2)
    undone = told((E.UNDO_SUCCEEDED, {}), step=undoing, undoing=True)
    assert [p.state for p in undone.partitions] == [S.UNDONE, S.PENDING]
    assert undone.state is S.UNDONE


def test_an_undo_that_fails_can_be_reopened_with_fresh_counts() -> None:
    retry = (E.STEP_RETRY_SCHEDULED, {"undo": True, "error": {"type": "timeout"}})
    failed = told(
        (E.UNDO_STARTED, {}), retry, (E.UNDO_FAILED, {"error": {"type": "timeout"}}), step=told(STARTED), undoing=True
    )
    assert (failed.state, failed.own.failures) == (S.UNDO_FAILED, 1)
    reopened = step_fold.reopen_undo(failed)
    assert (reopened.state, reopened.own.failures, reopened.error) == (S.UNDOING, 0, None)
    again = told((E.UNDO_STARTED, {"attempt": 2}), step=reopened, undoing=True)
    assert again.attempt == 2
    assert step_fold.reopen_undo(again) == again


def test_a_failed_step_can_be_reopened_and_keeps_what_is_done() -> None:
    mixed = told((E.PARTITION_STARTED, {}), (E.PARTITION_SUCCEEDED, {}), step=PLANNED)
    mixed = told((E.PARTITION_STARTED, {}), step=mixed, partition=1)
    failed = told((E.STEP_FAILED, {"error": {"type": "timeout"}}), step=mixed)
    assert [p.state for p in failed.partitions] == [S.SUCCEEDED, S.WAITING], "its driver is told to stop"
    reopened = step_fold.reopen(failed)
    assert (reopened.state, reopened.unfinished_partitions, reopened.error) == (S.WAITING, (1,), None)
    assert step_fold.reopen(reopened) == reopened


def test_confirmation_is_wanted_given_once_or_the_step_is_skipped() -> None:
    wanted = told((E.CONFIRMATION_WANTED, {}))
    assert (wanted.state, wanted.confirmation_wanted) == (S.WAITING, True)
    given = told((E.CONFIRMATION_GIVEN, {"decision": "approve"}), step=wanted)
    assert given.decision == "approve"
    with pytest.raises(step_fold.NotAllowed):
        told((E.CONFIRMATION_GIVEN, {"decision": "reject"}), step=given)
    assert told((E.STEP_SKIPPED, {"reason": "no"}), step=wanted).skipped_because == "no"


def test_a_pause_stops_whoever_is_at_work_in_good_order() -> None:
    assert step_fold.stop_in_good_order(StepView("a", "A")) == StepView("a", "A")
    assert step_fold.stop_in_good_order(told(STARTED)).own.next_attempt == 1
    at_work = told((E.PARTITION_STARTED, {}), step=PLANNED, partition=1)
    stopped = step_fold.stop_in_good_order(at_work)
    assert [partition.next_attempt for partition in stopped.partitions] == [1, 1]
    assert told((E.PARTITION_STARTED, {}), step=stopped, partition=1).partitions[1].deaths == 0
    assert [partition.next_attempt for partition in at_work.partitions] == [1, 2]


def test_a_partitioned_step_goes_on_after_its_partitions_as_the_same_attempt() -> None:
    assert PLANNED.own.next_attempt == 1
    assert told((E.STEP_STARTED, {}), step=PLANNED).own.next_attempt == 2, "once at work again, a death counts"
