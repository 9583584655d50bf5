"""What a driver did that died: its spans died with it, and the journal has what was in them.

Its successor tells the attempt, its steps and its batches by the journal's times, beneath what the dead attempt was
beneath. Single calls of stores are lost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from migrations_app.engine.events import Event, EventType
from migrations_app.models import Lease
from migrations_app.runtime.driver_spans import attempt_facts, attempt_name, step_facts, step_name
from migrations_app.runtime.journal import read_events
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.tracing import TRACEPARENT, tracer

DIED = "died"
MOST_BATCHES = 500
_OPENED = (EventType.RUN_STARTED, EventType.RUN_RESUMED, EventType.RUN_TAKEN_OVER)
_BEGUN = (EventType.STEP_STARTED, EventType.UNDO_STARTED, EventType.PARTITION_STARTED)
_OVER = {
    EventType.STEP_SUCCEEDED: "",
    EventType.STEP_FAILED: "failed",
    EventType.STEP_RETRY_SCHEDULED: "retry",
    EventType.UNDO_SUCCEEDED: "",
    EventType.UNDO_FAILED: "failed",
    EventType.PARTITION_SUCCEEDED: "",
    EventType.PARTITION_FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its last driver had it."""

    token: int
    traceparent: str
    claimed_at: datetime


@dataclass(slots=True)
class LostStep:
    """`ended` is None for the one that the driver was at."""

    name: str
    began: datetime
    step: str
    attempt: int
    partition: int
    ended: datetime | None = None
    failed: str = ""
    batches: list[tuple[datetime, datetime, int]] = field(default_factory=list)


def held(scope: Scope) -> Held | None:
    """None while nothing is traced, and where nobody holds the lease. Asked before a claim."""
    if not tracer().on:
        return None
    rows = Lease.objects.filter(run_id=scope.run_id, step=scope.step, partition=scope.partition)
    found = rows.exclude(holder="").exclude(claimed_at=None).values_list("token", TRACEPARENT, "claimed_at").first()
    return Held(*found) if found is not None else None


def tell(scope: Scope, dead: Held) -> None:
    """Called by whoever claimed the lease of the dead one, right after it."""
    events = _of_attempt(scope, read_events(scope.run_id), dead.claimed_at)
    last = max((event.at for event in events), default=dead.claimed_at)
    facts = {**attempt_facts(scope, dead.token), "snakeweb.attempt.outcome": DIED}
    attempt = tracer().over(
        attempt_name(scope), facts, began=dead.claimed_at, ended=last, parent=dead.traceparent, failed=DIED
    )
    for step in steps_of(events):
        ended = step.ended or last
        told = tracer().over(
            step.name,
            step_facts(step.step, step.attempt, step.partition),
            began=step.began,
            ended=ended,
            parent=attempt,
            failed=step.failed if step.ended else DIED,
        )
        for began, at, done in step.batches[-MOST_BATCHES:]:
            tracer().over("batch", {"snakeweb.batch.done": done}, began=began, ended=at, parent=told)


def _of_attempt(scope: Scope, events: Iterable[Event], since: datetime) -> list[Event]:
    """What this driver wrote: from its opening on, and nothing of other drivers of the run."""
    own: list[Event] = []
    for event in events:
        leased = bool(event.payload.get("leased"))
        if scope.is_run:
            if event.type in _OPENED:
                own = []
            if not leased:
                own.append(event)
        elif leased and (event.step, event.partition) == (scope.step, scope.partition):
            if event.type is EventType.PARTITION_STARTED:
                own = []
            own.append(event)
    return own if own and own[-1].at >= since else []


def steps_of(events: Iterable[Event]) -> Iterator[LostStep]:
    """In the order in which they began; an event of a step that did not begin here is left out."""
    steps: list[LostStep] = []
    for event in events:
        now = steps[-1] if steps and steps[-1].ended is None else None
        if event.type in _BEGUN:
            name = step_name(event.step, undo=event.type is EventType.UNDO_STARTED)
            steps.append(LostStep(name, event.at, event.step, event.attempt, event.partition))
        elif now is None or event.step != now.step:
            continue
        elif event.type is EventType.CHECKPOINT_SAVED:
            began = now.batches[-1][1] if now.batches else now.began
            now.batches.append((began, event.at, int(event.payload.get("done", 0))))
        elif event.type in _OVER:
            now.ended, now.failed = event.at, _OVER[event.type]
    return iter(steps)
