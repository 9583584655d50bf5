"""Search in the log of a run, newest lines first.

The sentences are made from events, not stored, so text is looked for in a scan: each call reads at most `SCANNED`
lines below a place in the sequence (a range of the unique index, never an OFFSET) and says where the next one goes
on. A level narrows the scan to its lines by the index on (run, level, seq), and alone it is found there at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import Event, EventType
from migrations_app.models import Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.selectors.ansi import plain
from migrations_app.selectors.journals import event_of
from migrations_app.selectors.run_log import EventRow, Texts, lines_of
from migrations_app.selectors.run_visibility import visible_run

SCANNED = 20_000  # lines a call; about a third of a second
LISTED = 200  # hits that are shown; the others are counted
LONGEST = 200
FETCHED = 1_000
COLUMNS = ("seq", "type", "step", "partition", "attempt", "payload")
Row = tuple[Any, ...]
LEVELS = {"": EventLevel.DETAIL, "info": EventLevel.INFO, "warning": EventLevel.WARNING, "error": EventLevel.ERROR}


@dataclass(frozen=True, slots=True)
class LogQuery:
    """`words` are one phrase, in any case of letters. `level`: that one and graver; '' any."""

    words: str = ""
    level: str = ""

    @property
    def asks(self) -> bool:
        return bool(self.words or self.level)

    @property
    def address(self) -> str:
        """The query part of an address that asks the same."""
        return urlencode({name: value for name, value in (("q", self.words), ("level", self.level)) if value})

    @property
    def key(self) -> str:
        """Tells the results of one query from those of another that are still on their way."""
        return f"{crc32(self.address.encode()):08x}"


@dataclass(frozen=True, slots=True)
class LogHits:
    """`found` lines so far, of which `lines` are new here, newest first. `goes_on_below` 0: everything was looked at.

    `newest` is the line at which the search began, so that lines that are written meanwhile do not disturb it.
    """

    run_id: int
    query: LogQuery
    lines: tuple[EventRow, ...]
    found: int
    listed: int
    newest: int
    goes_on_below: int

    @property
    def looked_at(self) -> int:
        """Lines of the log that the search has passed."""
        return self.newest - max(self.goes_on_below - 1, 0)


def log_search(
    *, actor: Actor, run_id: int, query: LogQuery, below: int = 0, found: int = 0, listed: int = 0, newest: int = 0
) -> LogHits:
    """A search begins with the defaults; what it answered is given back to go on. Raises NotFound."""
    run = visible_run(actor, run_id)
    newest = min(newest, run.last_seq) if newest > 0 else run.last_seq
    below = min(below, newest + 1) if below > 0 else newest + 1
    asked = LogQuery(plain(query.words).strip()[:LONGEST], query.level if query.level in LEVELS else "")
    hits, goes_on = _scan(run, asked, below)
    shown = sorted(hits[: max(0, LISTED - max(listed, 0))])
    rows = RunEvent.objects.filter(run=run, seq__in=shown).order_by("-seq") if shown else ()
    lines = lines_of(run, [event_of(row) for row in rows])
    return LogHits(run.pk, asked, lines, max(found, 0) + len(hits), max(listed, 0) + len(lines), newest, goes_on)


def _scan(run: Run, query: LogQuery, below: int) -> tuple[list[int], int]:
    """Sequence numbers of the hits, newest first, and below which line to go on (0: nothing is left)."""
    texts, wanted = Texts(run), query.words.casefold()
    found: list[int] = []
    last = 0
    for seen, row in enumerate(islice(_lines_below(run, query, below), SCANNED + 1)):
        if seen == SCANNED:
            return found, last
        last = row[0]
        if not wanted or wanted in plain(texts.of(_event(run, row))).casefold():
            found.append(last)
    return found, 0


def _lines_below(run: Run, query: LogQuery, below: int) -> Iterator[Row]:
    """A level at a time, each by its index, merged: `level IN (...)` would make the database read past the others."""
    rows = RunEvent.objects.filter(run=run, seq__lt=below).order_by("-seq")
    wanted = [rows.filter(level=level) for level in LEVELS[query.level].and_above] if query.level else [rows]
    columns = COLUMNS if query.words else ("seq",)
    read = (each.values_list(*columns)[: SCANNED + 1].iterator(FETCHED) for each in wanted)
    return merge(*read, key=itemgetter(0), reverse=True)


def _event(run: Run, row: Row) -> Event:
    """Without its moment, which no sentence tells."""
    seq, type_, step, partition, attempt, payload = row
    return Event(seq, run.created_at, EventType(type_), step, partition, attempt, payload)
