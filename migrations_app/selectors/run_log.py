"""The log of a run: windows of it, and what a search finds in it.

Every read is bounded by the sequence, which has no gaps within a run: a window is a range of the unique index on
(run, seq), whatever the length of the log, and how many lines stand before or behind it needs no counting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.event_levels import EventLevel, level_of
from migrations_app.engine.events import Event
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.selectors.event_texts import text_of
from migrations_app.selectors.journals import event_of
from migrations_app.selectors.run_visibility import LARGEST_ID, visible_run

LINES = 200
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the log. `level` is info, warning or error; `text` is a sentence for people."""

    seq: int
    at: datetime
    type: str
    step: str
    partition: int
    attempt: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class LogWindow:
    """Lines in a row, oldest first. `newest` is the run's last; `at` the line that was asked for (0: none)."""

    run_id: int
    lines: tuple[EventRow, ...]
    newest: int
    at: int = 0

    @property
    def first(self) -> int:
        return self.lines[0].seq if self.lines else self.newest + 1

    @property
    def last(self) -> int:
        return self.lines[-1].seq if self.lines else self.newest

    @property
    def older(self) -> int:
        """How many lines stand before the window."""
        return self.first - 1

    @property
    def newer(self) -> int:
        return self.newest - self.last


def log_window(
    *, actor: Actor, run_id: int, at: int = 0, before: int = 0, after: int | None = None, lines: int = LINES
) -> LogWindow:
    """The tail; or what surrounds line `at`, or what stands just `before` or `after` a line. Raises NotFound."""
    run = visible_run(actor, run_id)
    newest = run.last_seq
    at = min(at, newest)
    if after is not None:
        first = min(max(after, 0), newest) + 1
    elif at > 0:
        first = min(at - lines // 2, newest - lines + 1)
    else:
        first = (min(before, newest + 1) if before > 0 else newest + 1) - lines
    last = first + lines - 1
    return LogWindow(run.pk, _between(run, max(first, 1), min(last, newest)), newest, max(at, 0))


def events_after(*, actor: Actor, run_id: int, after: int, limit: int = 500) -> tuple[EventRow, ...]:
    """Events with a greater `seq`, in order. Raises NotFound."""
    run = visible_run(actor, run_id)
    after = min(max(after, 0), LARGEST_ID)
    rows = RunEvent.objects.filter(run=run, seq__gt=after).order_by("seq")[: min(max(limit, 1), MOST_EVENTS)]
    return lines_of(run, [event_of(row) for row in rows])


def log_pages(*, actor: Actor, run_id: int) -> Iterator[tuple[EventRow, ...]]:
    """The whole log as it stands, a bounded number of lines at a time. Raises NotFound, before the first page."""
    run = visible_run(actor, run_id)
    return (
        _between(run, first, min(first + MOST_EVENTS - 1, run.last_seq))
        for first in range(1, run.last_seq + 1, MOST_EVENTS)
    )


def lines_of(run: Run, events: Sequence[Event]) -> tuple[EventRow, ...]:
    """Needs `run.revision`."""
    texts = Texts(run)
    return tuple(
        EventRow(
            seq=event.seq,
            at=event.at,
            type=str(event.type),
            step=event.step,
            partition=event.partition,
            attempt=event.attempt,
            level=shown_level(level_of(event)),
            text=texts.of(event),
        )
        for event in events
    )


class Texts:
    """The sentences of one run's events."""

    def __init__(self, run: Run) -> None:
        self._titles = {step["id"]: step["title"] for step in run.revision.content["steps"]}
        self._kind = RunKind(run.kind)

    def of(self, event: Event) -> str:
        return text_of(event, self._titles, self._kind)


def shown_level(level: EventLevel) -> str:
    """Whether a line is a detail is nobody's business who reads it."""
    return str(EventLevel.INFO if level is EventLevel.DETAIL else level)


def _between(run: Run, first: int, last: int) -> tuple[EventRow, ...]:
    if first > last:
        return ()
    rows = RunEvent.objects.filter(run=run, seq__gte=first, seq__lte=last).order_by("seq")
    return lines_of(run, [event_of(row) for row in rows])
