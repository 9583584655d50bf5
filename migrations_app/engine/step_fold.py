"""The part of the journal's fold that concerns one step and its partitions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from migrations_app.engine.events import Event, EventType
from migrations_app.engine.run_view import PartitionView, StepView
from migrations_app.engine.vocabulary import StepState

_S = StepState
_PARTITION_EVENTS = frozenset({EventType.PARTITION_STARTED, EventType.PARTITION_SUCCEEDED, EventType.PARTITION_FAILED})


class NotAllowed(Exception):
    """The step's state does not allow this event; the message says why."""


def apply(step: StepView, event: Event, *, undoing: bool, in_undo_order: bool) -> StepView:
    """The step after `event`. Raises NotAllowed.

    A partition's driver may still be under way when the run has turned round; what it reports then changes
    nothing. Its writes are kept out by fences, not by the journal.
    """
    if is_partition_event(event):
        return step if undoing else _partition_event(step, event)
    if undoing and not in_undo_order:
        raise NotAllowed("the rollback does not undo this step")
    allowed = (_UNDO if undoing else _FORWARD).get(event.type)
    if allowed is None:
        raise NotAllowed("the run is rolling back" if undoing else "the run is not rolling back")
    states, handler = allowed
    if step.state not in states:
        raise NotAllowed(f"the step is {step.state}")
    return handler(step, event)


def is_partition_event(event: Event) -> bool:
    """Whether a driver of one leased partition wrote this (and not the run's own driver)."""
    return event.type in _PARTITION_EVENTS or bool(event.payload.get("leased"))


def count_death(step: StepView) -> StepView:
    """A driver ended without an outcome while it ran or undid this step."""
    if step.state not in (_S.RUNNING, _S.UNDOING):
        return step
    return _own(step, deaths=step.own.deaths + 1)


def stop_in_good_order(step: StepView) -> StepView:
    """The run was paused: whoever worked on this step stops at its next checkpoint, to go on from there."""
    if step.state not in (_S.RUNNING, _S.WAITING):
        return step
    partitions = tuple(replace(p, yielded=True) if p.state is _S.RUNNING else p for p in step.partitions)
    own = replace(step.own, yielded=True) if step.own.state is _S.RUNNING else step.own
    return replace(step, own=own, partitions=partitions)


def reopen(step: StepView) -> StepView:
    """A person retries a failed run: the failed step waits for its next start, with fresh counts."""
    if step.state is not _S.FAILED:
        return step
    return replace(
        step,
        state=_S.WAITING,
        own=_afresh(step.own),
        partitions=tuple(p if p.state is _S.SUCCEEDED else _afresh(p) for p in step.partitions),
        error=None,
        ended_at=None,
    )


def reopen_undo(step: StepView) -> StepView:
    """A person retries a stuck rollback: the failed undo goes on from its checkpoint, with fresh counts."""
    if step.state is not _S.UNDO_FAILED:
        return step
    return replace(step, state=_S.UNDOING, own=_afresh(step.own), error=None, ended_at=None)


def _afresh(partition: PartitionView) -> PartitionView:
    state = _S.PENDING if partition.state is _S.PENDING else _S.WAITING
    return replace(partition, state=state, deaths=0, failures=0, retry_at=None, error=None, yielded=False)


def _partition_event(step: StepView, event: Event) -> StepView:
    if event.partition >= len(step.partitions):
        raise NotAllowed("no such partition is planned")
    partition = step.partitions[event.partition]
    if partition.has_ended:
        raise NotAllowed(f"partition {event.partition} has {partition.state} already")
    if partition.state is _S.PENDING and event.type is not EventType.PARTITION_STARTED:
        raise NotAllowed(f"partition {event.partition} was never started")
    partitions = list(step.partitions)
    partitions[event.partition] = _PARTITION[event.type](partition, event)
    return replace(step, partitions=tuple(partitions))


def _partition_started(partition: PartitionView, event: Event) -> PartitionView:
    died = partition.state is _S.RUNNING and not partition.yielded
    return replace(
        partition,
        state=_S.RUNNING,
        attempt=event.attempt,
        deaths=partition.deaths + (1 if died else 0),
        retry_at=None,
        yielded=False,
    )


def _partition_succeeded(partition: PartitionView, event: Event) -> PartitionView:
    result = event.payload.get("result", {})
    return replace(partition, state=_S.SUCCEEDED, result=result, error=None, retry_at=None)


def _partition_failed(partition: PartitionView, event: Event) -> PartitionView:
    return replace(partition, state=_S.FAILED, error=event.payload.get("error"), retry_at=None)


def _retry_scheduled(partition: PartitionView, event: Event) -> PartitionView:
    retry_at: Any = event.payload.get("retry_at")
    return replace(
        partition,
        state=_S.WAITING,
        failures=partition.failures + 1,
        retry_at=datetime.fromisoformat(retry_at) if retry_at else None,
        error=event.payload.get("error"),
        yielded=True,
    )


def _checkpoint_saved(partition: PartitionView, event: Event) -> PartitionView:
    payload = event.payload
    checkpoint: Mapping[str, Any] = payload.get("checkpoint", {})
    done = int(payload.get("done", 0))
    is_new = (checkpoint, done) != (partition.checkpoint, partition.done)
    return replace(
        partition,
        checkpoint=checkpoint,
        done=done,
        total=payload.get("total", partition.total),
        unit=payload.get("unit") or partition.unit,
        counters=payload.get("counters") or partition.counters,
        deaths=0 if is_new else partition.deaths,
        failures=0 if is_new else partition.failures,
        yielded=bool(payload.get("slice_over")),
        saved_as=event.seq,
    )


def _started(step: StepView, event: Event) -> StepView:
    step = _own(step, state=_S.RUNNING, attempt=event.attempt, retry_at=None, yielded=False)
    return replace(step, state=_S.RUNNING, started_at=step.started_at or event.at)


def _partitions_planned(step: StepView, event: Event) -> StepView:
    partitions = tuple(PartitionView(index) for index in range(int(event.payload["partitions"])))
    return replace(_own(step, state=_S.WAITING, yielded=True), state=_S.WAITING, partitions=partitions)


def _succeeded(step: StepView, event: Event) -> StepView:
    step = _own(step, state=_S.SUCCEEDED, error=None, retry_at=None)
    return replace(step, state=_S.SUCCEEDED, result=event.payload.get("result", {}), error=None, ended_at=event.at)


def _failed(step: StepView, event: Event) -> StepView:
    error = event.payload.get("error")
    step = _own(step, state=_S.FAILED, error=error, retry_at=None)
    stopped = tuple(replace(p, state=_S.WAITING) if p.state is _S.RUNNING else p for p in step.partitions)
    return replace(step, state=_S.FAILED, partitions=stopped, error=error, ended_at=event.at)


def _skipped(step: StepView, event: Event) -> StepView:
    because = str(event.payload.get("reason", ""))
    return replace(step, state=_S.SKIPPED, ended_at=event.at, skipped_because=because)


def _waits_for_retry(step: StepView, event: Event) -> StepView:
    return replace(step, own=_retry_scheduled(step.own, event), state=_S.WAITING, error=event.payload.get("error"))


def _saved(step: StepView, event: Event) -> StepView:
    return replace(step, own=_checkpoint_saved(step.own, event))


def _confirmation_wanted(step: StepView, event: Event) -> StepView:
    return replace(step, state=_S.WAITING, confirmation_wanted=True)


def _confirmation_given(step: StepView, event: Event) -> StepView:
    if not step.confirmation_wanted or step.decision:
        raise NotAllowed("no confirmation is wanted")
    return replace(step, decision=str(event.payload["decision"]))


def _undo_started(step: StepView, event: Event) -> StepView:
    """The undo has a checkpoint, progress and counts of its own; the step keeps the error it is undone for."""
    if step.state is _S.UNDOING:
        step = _own(step, attempt=event.attempt, retry_at=None, yielded=False)
    else:
        step = replace(step, own=PartitionView(state=_S.UNDOING, attempt=event.attempt))
    return replace(step, state=_S.UNDOING, started_at=step.started_at or event.at, ended_at=None)


def _undo_succeeded(step: StepView, event: Event) -> StepView:
    step = _own(step, state=_S.UNDONE, retry_at=None)
    undone = tuple(replace(p, state=_S.UNDONE, retry_at=None) if p.attempt else p for p in step.partitions)
    return replace(step, state=_S.UNDONE, partitions=undone, ended_at=event.at)


def _undo_failed(step: StepView, event: Event) -> StepView:
    error = event.payload.get("error")
    return replace(_own(step, state=_S.UNDO_FAILED), state=_S.UNDO_FAILED, error=error, ended_at=event.at)


def _undo_retry(step: StepView, event: Event) -> StepView:
    return replace(step, own=_retry_scheduled(step.own, event), state=_S.UNDOING)


def _own(step: StepView, **changes: Any) -> StepView:
    return replace(step, own=replace(step.own, **changes))


_PARTITION: Mapping[EventType, Callable[[PartitionView, Event], PartitionView]] = {
    EventType.PARTITION_STARTED: _partition_started,
    EventType.PARTITION_SUCCEEDED: _partition_succeeded,
    EventType.PARTITION_FAILED: _partition_failed,
    EventType.CHECKPOINT_SAVED: _checkpoint_saved,
    EventType.STEP_RETRY_SCHEDULED: _retry_scheduled,
}

_Table = Mapping[EventType, tuple[frozenset[StepState], Callable[[StepView, Event], StepView]]]
_OPEN = frozenset({_S.PENDING, _S.RUNNING, _S.WAITING})
_AT_WORK = frozenset({_S.RUNNING, _S.WAITING})
_FORWARD: _Table = {
    EventType.STEP_STARTED: (_OPEN, _started),
    EventType.STEP_SUCCEEDED: (_AT_WORK, _succeeded),
    EventType.STEP_FAILED: (_AT_WORK, _failed),
    EventType.STEP_SKIPPED: (frozenset({_S.PENDING, _S.WAITING}), _skipped),
    EventType.STEP_RETRY_SCHEDULED: (_AT_WORK, _waits_for_retry),
    EventType.CHECKPOINT_SAVED: (frozenset({_S.RUNNING}), _saved),
    EventType.PARTITIONS_PLANNED: (frozenset({_S.RUNNING}), _partitions_planned),
    EventType.CONFIRMATION_WANTED: (frozenset({_S.PENDING}), _confirmation_wanted),
    EventType.CONFIRMATION_GIVEN: (frozenset({_S.WAITING}), _confirmation_given),
}
_UNDONE_FROM = frozenset(_S) - {_S.UNDONE, _S.UNDO_FAILED, _S.SKIPPED}
_UNDO: _Table = {
    EventType.UNDO_STARTED: (_UNDONE_FROM, _undo_started),
    EventType.UNDO_SUCCEEDED: (frozenset({_S.UNDOING}), _undo_succeeded),
    EventType.UNDO_FAILED: (frozenset({_S.UNDOING}), _undo_failed),
    EventType.STEP_RETRY_SCHEDULED: (frozenset({_S.UNDOING}), _undo_retry),
    EventType.CHECKPOINT_SAVED: (frozenset({_S.UNDOING}), _saved),
}
