"""The events of a run for its report: those that tell most, all of them one after the other, and their digest."""

import hashlib
from collections.abc import Callable, Iterator

import rfc8785

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.hiding import redact_text
from migrations_app.models import Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.selectors.journals import event_of
from migrations_app.selectors.reports.model import EventReport, Events
from migrations_app.selectors.reports.plain import instant
from migrations_app.selectors.run_log import EventRow, lines_of, log_pages

FIRST, LAST, WARNED = 60, 140, 100
Reached = Callable[[int], None]  # told now and then the number of the newest event that was read
LONG = 5_000  # events; a longer run's files are written by a worker


def is_long(run: Run) -> bool:
    return run.last_seq > LONG


def events_of(actor: Actor, run: Run, *, whole: bool, reached: Reached | None = None) -> Events:
    """`whole`: all of them are read for the digest; else it is ''. Raises NotFound."""
    sha256 = digest_of(all_events(actor, run.pk, reached)) if whole else ""
    return Events(total=run.last_seq, sha256=sha256, rows=telling(run))


def telling(run: Run) -> tuple[EventReport, ...]:
    """Without details: the first, the last, and the newest warnings and errors between them."""
    rows = RunEvent.objects.filter(run=run, level__in=EventLevel.INFO.and_above, seq__lte=run.last_seq)
    warned = rows.filter(level__in=EventLevel.WARNING.and_above)
    picked = {row.seq: row for row in rows.order_by("seq")[:FIRST]}
    picked |= {row.seq: row for row in rows.order_by("-seq")[:LAST]}
    picked |= {row.seq: row for row in warned.order_by("-seq")[:WARNED]}
    return tuple(map(_reported, lines_of(run, [event_of(picked[seq]) for seq in sorted(picked)])))


def all_events(actor: Actor, run_id: int, reached: Reached | None = None) -> Iterator[EventReport]:
    """In order, a bounded number of rows at a time. Raises NotFound, before the first."""
    return _rows(log_pages(actor=actor, run_id=run_id), reached)


def _rows(pages: Iterator[tuple[EventRow, ...]], reached: Reached | None) -> Iterator[EventReport]:
    for page in pages:
        yield from map(_reported, page)
        if reached is not None and page:
            reached(page[-1].seq)


def digest_of(rows: Iterator[EventReport]) -> str:
    """SHA-256 over the RFC 8785 form of each event, each ended by a line feed."""
    sha256 = hashlib.sha256()
    for row in rows:
        sha256.update(rfc8785.dumps(plain_event(row)) + b"\n")
    return sha256.hexdigest()


def plain_event(row: EventReport) -> dict[str, str | int]:
    return {
        "seq": row.seq,
        "at": instant(row.at),
        "type": row.type,
        "step": row.step,
        "partition": row.partition,
        "attempt": row.attempt,
        "level": row.level,
        "text": row.text,
    }


def _reported(row: EventRow) -> EventReport:
    return EventReport(
        seq=row.seq,
        at=row.at,
        type=row.type,
        step=row.step,
        partition=row.partition,
        attempt=row.attempt,
        level=row.level,
        text=redact_text(row.text),
    )
