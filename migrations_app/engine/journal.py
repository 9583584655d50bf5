"""The append-only truth of a run, and the fold that derives its state (steno's saga log is the model).

State is never stored twice: `RunView` is what the events say, and an event that the state does not allow is an
`IllegalTransition`, not a shrug.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine import step_fold
from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.events import EVENT_FORMAT, Event, EventType, NewEvent
from migrations_app.engine.lifecycle import RUN_EVENTS, next_status
from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import ASKED_FOR_BY_STEP, WAITS_FOR_OTHERS, Direction, ParkedFor, RunView, StepView
from migrations_app.engine.vocabulary import RunState

__all__ = ["EVENT_FORMAT", "Event", "EventType", "NewEvent", "apply", "fold", "initial_view"]


def initial_view(plan: Plan) -> RunView:
    """A run of this plan before its first event."""
    return RunView(plan, tuple(StepView(step.id, step.title) for step in plan.steps))


def fold(events: Iterable[Event], plan: Plan) -> RunView:
    """The state after these events, in `seq` order from the first.

    Raises IllegalTransition for an event the state does not allow, a gap in the sequence, a step the plan does
    not have, and an event of a newer format.
    """
    view = initial_view(plan)
    for event in events:
        view = apply(view, event)
    return view


def apply(view: RunView, event: Event) -> RunView:
    """The state after one more event; see `fold`."""
    if event.seq != view.seq + 1:
        raise _illegal(view, event, f"its sequence number should be {view.seq + 1}")
    if event.format > EVENT_FORMAT:
        raise _illegal(view, event, f"its format {event.format} is newer than {EVENT_FORMAT}")
    if event.type in _NOTES:
        return _note(replace(view, seq=event.seq), event)
    if event.type is EventType.RUN_QUEUED:
        if view.state is not None:
            raise _illegal(view, event, "the run is queued already")
        return replace(view, seq=event.seq, state=RunState.QUEUED, queued_at=event.at)
    if view.state is None:
        raise _illegal(view, event, "the run is not queued yet")
    if event.type in RUN_EVENTS:
        view = replace(view, seq=event.seq, state=next_status(view.state, event.type), waits_for="")
        try:
            return _RUN_HANDLERS[event.type](view, event)
        except ValueError as wrong:
            raise _illegal(view, event, f"its payload is wrong: {wrong}") from None
    return _step_event(view, event)


def _note(view: RunView, event: Event) -> RunView:
    if event.payload.get("slice_over"):
        view = replace(view, yielded=True)
    if event.payload.get("waits_for"):
        view = replace(view, waits_for=str(event.payload["waits_for"]))
    if event.type is EventType.LOGGED and event.payload.get("level") == "warning":
        return replace(view, warnings=(*view.warnings, str(event.payload.get("message", ""))))
    return view


def _step_event(view: RunView, event: Event) -> RunView:
    place = view.place(event.step)
    if place is None:
        raise _illegal(view, event, "the plan has no such step")
    if view.state in (RunState.CANCELLED, RunState.ROLLED_BACK) and step_fold.is_partition_event(event):
        return replace(view, seq=event.seq)  # the last words of a driver that had not heard yet
    if view.state in (RunState.QUEUED, RunState.SUCCEEDED, RunState.CANCELLED, RunState.ROLLED_BACK):
        raise _illegal(view, event, f"the run is {view.state}")
    undoing = view.direction is Direction.UNDO
    try:
        step = step_fold.apply(view.steps[place], event, undoing=undoing, in_undo_order=event.step in view.undo_order)
    except step_fold.NotAllowed as reason:
        raise _illegal(view, event, str(reason)) from None
    except KeyError as missing:
        raise _illegal(view, event, f"its payload lacks {missing}") from None
    if view.state is RunState.PAUSED:
        step = step_fold.stop_in_good_order(step)
    yielded = view.yielded if step_fold.is_partition_event(event) else bool(event.payload.get("slice_over"))
    steps = (*view.steps[:place], step, *view.steps[place + 1 :])
    return replace(view, seq=event.seq, steps=steps, yielded=yielded, waits_for="")


def _started(view: RunView, event: Event) -> RunView:
    return replace(view, started_at=event.at)


def _taken_over(view: RunView, event: Event) -> RunView:
    """A new driver; when the last one did not stop in good order, whatever was under way has died once more."""
    steps = view.steps
    if not view.yielded:
        steps = tuple(step_fold.count_death(step) for step in steps)
    return replace(view, steps=steps, yielded=False)


def _parked(view: RunView, event: Event) -> RunView:
    parked_for = ParkedFor(event.payload.get("reason", ""))
    since = event.at if parked_for in WAITS_FOR_OTHERS else None
    wake_at = event.payload.get("wake_at")
    steps = view.steps
    if parked_for in ASKED_FOR_BY_STEP:
        steps = tuple(step_fold.stop_in_good_order(step) for step in steps)
    return replace(
        view,
        steps=steps,
        parked_for=parked_for,
        wake_at=datetime.fromisoformat(wake_at) if wake_at else None,
        waiting_since=since,
        yielded=True,
    )


def _paused(view: RunView, event: Event) -> RunView:
    since = view.waiting_since or event.at
    steps = tuple(step_fold.stop_in_good_order(step) for step in view.steps)
    return replace(view, steps=steps, parked_for=ParkedFor.PAUSE, wake_at=None, waiting_since=since, yielded=True)


def _resumed(view: RunView, event: Event) -> RunView:
    waited = view.waited + ((event.at - view.waiting_since) if view.waiting_since else timedelta())
    if view.ended_at is not None:  # a person retries a run that had failed: the time since then was nobody's
        waited += event.at - view.ended_at
    return replace(
        view,
        steps=tuple(step_fold.reopen(step) for step in view.steps) if view.ended_at else view.steps,
        parked_for=ParkedFor.NOTHING,
        wake_at=None,
        waiting_since=None,
        waited=waited,
        yielded=False,
        ended_at=None,
        error=None,
        result=None,
    )


def _rollback_started(view: RunView, event: Event) -> RunView:
    """A payload without `steps` is a person's retry of a rollback that was stuck: the order stands.

    So does what a rehearsal is cleaned up for: once that is done it has succeeded after all.
    """
    order = tuple(event.payload["steps"]) if "steps" in event.payload else view.undo_order
    unknown = set(order) - {step.id for step in view.steps}
    if unknown:
        raise _illegal(view, event, f"the plan has no step {', '.join(sorted(unknown))}")
    return replace(
        view,
        steps=tuple(step_fold.reopen_undo(step) for step in view.steps),
        direction=Direction.UNDO,
        undo_order=order,
        rollback_reason=view.rollback_reason if view.cleans_up else event.payload.get("reason", view.rollback_reason),
        error=None if view.cleans_up else event.payload.get("error", view.error),
        ended_at=None,
        result=None,
        instructions=(),
        yielded=True,
    )


def _succeeded(view: RunView, event: Event) -> RunView:
    if view.direction is Direction.UNDO and not view.cleans_up:
        raise _illegal(view, event, "what it did was undone")
    return _ended(view, event)


def _ended(view: RunView, event: Event) -> RunView:
    return replace(
        view,
        ended_at=event.at,
        parked_for=ParkedFor.NOTHING,
        wake_at=None,
        error=event.payload.get("error", view.error),
        result=event.payload.get("result"),
        instructions=tuple(event.payload.get("instructions", ())),
    )


_NOTES = frozenset({EventType.LOGGED, EventType.SIGNAL_RECEIVED})
_RUN_HANDLERS: Mapping[EventType, Callable[[RunView, Event], RunView]] = {
    EventType.RUN_STARTED: _started,
    EventType.RUN_TAKEN_OVER: _taken_over,
    EventType.RUN_PARKED: _parked,
    EventType.RUN_PAUSED: _paused,
    EventType.RUN_RESUMED: _resumed,
    EventType.ROLLBACK_STARTED: _rollback_started,
    EventType.RUN_SUCCEEDED: _succeeded,
    EventType.RUN_FAILED: _ended,
    EventType.RUN_CANCELLED: _ended,
    EventType.RUN_ROLLED_BACK: _ended,
    EventType.RUN_STUCK: _ended,
}


def _illegal(view: RunView, event: Event, because: str) -> IllegalTransition:
    details: dict[str, Any] = {"seq": event.seq, "event": str(event.type), "step": event.step}
    return IllegalTransition(
        f"The journal's event {event.seq} ({event.type}{f' of step {event.step}' if event.step else ''}) is not "
        f"possible here: {because}. Nothing was written.",
        details={**details, "state": str(view.state or "new"), "because": because},
    )
