"""Events of a run as sentences for people."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.events import Event, EventType
from migrations_app.engine.rehearsal import REHEARSED
from migrations_app.engine.vocabulary import RunKind, Signal

_T = EventType

_PARKED = {
    "retry": "Waits before the next try; no worker is held.",
    "partitions": "Handed its partitions to the workers.",
    "confirmation": "Waits for a person's confirmation; no worker is held.",
    "paused": "Paused; no worker is held.",
    "held": "Held: the hand-over waits until a person releases it; no worker is held.",
}
_SIGNALS = {
    Signal.PAUSE: "pause",
    Signal.RESUME: "resume",
    Signal.CANCEL: "cancel",
    Signal.ROLL_BACK: "roll back",
}


def text_of(event: Event, titles: Mapping[str, str], kind: RunKind) -> str:
    """`titles` maps step id to title."""
    title = f"“{titles.get(event.step, event.step)}”"
    share = f"partition {event.partition + 1} of {title}"
    return _TEXTS[event.type](event, title, share, kind)


def _error(event: Event) -> str:
    error = event.payload.get("error")
    return str(error.get("message", "")) if isinstance(error, Mapping) else ""


def _with_error(head: str, event: Event) -> str:
    message = _error(event)
    return f"{head}: {message}" if message else f"{head}."


def _by(event: Event) -> str:
    by = event.payload.get("by") or event.payload.get("actor")
    return f" by {by}" if by else ""


def _again(event: Event) -> str:
    return f" (attempt {event.attempt})" if event.attempt > 1 else ""


def _checkpoint(event: Event) -> str:
    payload: Mapping[str, Any] = event.payload
    unit = f" {payload['unit']}" if payload.get("unit") else ""
    of = f" of {payload['total']:,}" if isinstance(payload.get("total"), int) else ""
    name = event.step.replace("_", " ").capitalize()  # the short name: these lines are many
    where = f"{name}, partition {event.partition + 1}" if payload.get("leased") else name
    return f"{where}: {int(payload.get('done', 0)):,}{of}{unit}."


def _until(wake_at: object) -> str:
    return f" until {datetime.fromisoformat(str(wake_at)):%H:%M:%S} UTC" if wake_at else ""


def _parked(event: Event, title: str, share: str, kind: RunKind) -> str:
    reason, wake_at = str(event.payload.get("reason", "")), event.payload.get("wake_at")
    if reason == "soak":
        return f"Soaks: the new state proves itself{_until(wake_at)}; no worker is held."
    if reason == "grace":
        return f"Everything is back; what was left still refuses writes{_until(wake_at)}, for whoever comes late."
    return _PARKED.get(reason, "Waits; no worker is held.")


def _queued(event: Event, title: str, share: str, kind: RunKind) -> str:
    return f"Queued as {kind.replace('_', ' ')}{_by(event)}."


def _confirmed(event: Event, title: str, share: str, kind: RunKind) -> str:
    verb = "Confirmed" if event.payload.get("decision") == "approve" else "Declined"
    comment = event.payload.get("comment")
    return f"{verb} {title}{_by(event)}{f': {comment}' if comment else '.'}"


def _rollback(event: Event, title: str, share: str, kind: RunKind) -> str:
    reason = event.payload.get("reason")
    if kind is RunKind.REHEARSAL:
        return f"Removing what the rehearsal wrote{'' if reason == REHEARSED else f': {reason}'}{_by(event)}."
    return f"Rolling back{f': {reason}' if reason else ''}{_by(event)}."


def _undo_failed(event: Event, title: str, share: str, kind: RunKind) -> str:
    """By its cause: the error around it says again that this undo failed."""
    error = event.payload.get("error") or {}
    said = (error.get("details", {}).get("cause") or error).get("message", "")
    return f"The undo of {title} failed{f': {said}' if said else '.'}"


_TEXTS: Mapping[EventType, Callable[[Event, str, str, RunKind], str]] = {
    _T.RUN_QUEUED: _queued,
    _T.RUN_STARTED: lambda e, t, s, k: "A worker took the run up.",
    _T.RUN_TAKEN_OVER: lambda e, t, s, k: "Another worker took the run over and goes on at the last checkpoint.",
    _T.RUN_PARKED: _parked,
    _T.RUN_PAUSED: lambda e, t, s, k: "Paused at a checkpoint; no worker is held.",
    _T.RUN_RESUMED: lambda e, t, s, k: f"Goes on{_by(e)}.",
    _T.RUN_SUCCEEDED: lambda e, t, s, k: "The run succeeded.",
    _T.RUN_FAILED: lambda e, t, s, k: _with_error("The run failed", e),
    _T.RUN_CANCELLED: lambda e, t, s, k: f"The run was cancelled{_by(e)}.",
    _T.RUN_ROLLED_BACK: lambda e, t, s, k: "Everything is as it was before.",
    _T.RUN_STUCK: lambda e, t, s, k: _with_error("The run is stuck and needs a person", e),
    _T.ROLLBACK_STARTED: _rollback,
    _T.STEP_STARTED: lambda e, t, s, k: f"Started {t}{_again(e)}.",
    _T.STEP_SUCCEEDED: lambda e, t, s, k: f"Done: {t}.",
    _T.STEP_FAILED: lambda e, t, s, k: _with_error(f"Failed: {t}", e),
    _T.STEP_SKIPPED: lambda e, t, s, k: f"Skipped {t}: {e.payload.get('reason', '') or 'not wanted'}.",
    _T.STEP_RETRY_SCHEDULED: lambda e, t, s, k: _with_error(f"Will try {t} again", e),
    _T.CHECKPOINT_SAVED: lambda e, t, s, k: _checkpoint(e),
    _T.PARTITIONS_PLANNED: lambda e, t, s, k: f"{t} runs as {e.payload.get('partitions', '?')} partitions.",
    _T.PARTITION_STARTED: lambda e, t, s, k: f"Started {s}{_again(e)}.",
    _T.PARTITION_SUCCEEDED: lambda e, t, s, k: f"Done: {s}.",
    _T.PARTITION_FAILED: lambda e, t, s, k: _with_error(f"Failed: {s}", e),
    _T.UNDO_STARTED: lambda e, t, s, k: f"Undoing {t}{_again(e)}.",
    _T.UNDO_SUCCEEDED: lambda e, t, s, k: f"Undone: {t}.",
    _T.UNDO_FAILED: _undo_failed,
    _T.SIGNAL_RECEIVED: lambda e, t, s, k: (
        f"Asked to {_SIGNALS.get(Signal(e.payload.get('signal', '')), 'go on')}{_by(e)}."
    ),
    _T.CONFIRMATION_WANTED: lambda e, t, s, k: f"{t} waits for a confirmation.",
    _T.CONFIRMATION_GIVEN: _confirmed,
    _T.LOGGED: lambda e, t, s, k: str(e.payload.get("message", "")),
}
