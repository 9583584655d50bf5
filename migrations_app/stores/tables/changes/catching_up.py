"""Bringing what changed to the other side: the row that is there now, or that it is gone.

A change is looked up again rather than replayed, so it may be carried twice, in any order and by anybody. It is
acknowledged once it is at the target, and what the target then holds was read back and held against what was read.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Database, Rejected, Row, Side
from migrations_app.stores.tables.changes.base import Change, ChangeLog, Watched, watched
from migrations_app.stores.tables.moving import put_rows
from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection

BATCH = 1000  # changes of one table
WHOLE_BYTES = 2**40
FRUITLESS = 5  # passes in which a row is refused before somebody has to look
SHOWN = 5
OTHERWISE = "it took the row, and holds something else."


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """`changes`: how many were carried; `remaining` and `lag_ms`: what waits now, and for how long the oldest has."""

    changes: int
    remaining: int
    lag_ms: int


@dataclass(slots=True)
class _Look:
    """A batch of one table's changes, and what the source has of their rows now."""

    selection: Selection
    changes: list[Change]
    there: dict[KeyValue, Row]
    gone: list[KeyValue]

    @property
    def emptied(self) -> bool:
        return any(change.key is None for change in self.changes)


@dataclass(slots=True)
class CatchUp:
    """`selections` in the order of foreign keys, those that others refer to first.

    A row that the target refuses is tried again with what came after it: it may have needed that. One that is refused
    pass after pass goes to `quarantine`, or ends the work where there is none.
    """

    source: Database
    target: Database
    log: ChangeLog
    worker: WorkerToken
    selections: Sequence[Selection]
    alive: Callable[[], None] = lambda: None
    quarantine: Callable[[Rejected], None] | None = None
    _watched: dict[str, Watched] = field(default_factory=dict)
    _refusals: Counter[tuple[str, KeyValue]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        tables = self.source.catalogue([each.source for each in self.selections]).tables
        self._watched = {each.source: watched(each, tables[each.source]) for each in self.selections}

    def once(self) -> CaughtUp:
        """Everything that waits now; what comes meanwhile is left for the next time.

        Raises StepFailed, with the rows named, when the target goes on refusing them.
        """
        most, carried, after = self.log.pending().changes, 0, dict.fromkeys(self._watched, 0)
        while carried < most:
            looks = [look for each in self.selections if (look := self._look(each, after[each.source])) is not None]
            if not looks:
                break
            self._carry(looks)
            for look in looks:
                carried += len(look.changes)
                after[look.selection.source] = look.changes[-1].id
            self.alive()
        waiting = self.log.pending()
        return CaughtUp(carried, waiting.changes, waiting.oldest_ms)

    def until(self, lag_ms: int, seconds: float) -> CaughtUp:
        """Pass after pass until what waits is younger than `lag_ms`, or the time is up."""
        deadline, carried = time.monotonic() + seconds, 0
        while True:
            now = self.once()
            carried += now.changes
            if now.lag_ms <= lag_ms or time.monotonic() > deadline:
                return replace(now, changes=carried)

    def differ(self, selection: Selection, keys: Sequence[KeyValue]) -> list[KeyValue]:
        """Those of the keys whose rows are not the same on both sides, as both are now."""
        ours = {row.key: row.values for row in self.source.rows(selection, keys, side=Side.SOURCE)}
        theirs = {row.key: row.values for row in self.target.rows(selection, keys, side=Side.TARGET)}
        return [key for key in keys if ours.get(key) != theirs.get(key)]

    def _look(self, selection: Selection, after: int) -> _Look | None:
        changes = self.log.read(self._watched[selection.source], after, BATCH)
        if not changes:
            return None
        keys = list(dict.fromkeys(change.key for change in changes if change.key is not None))
        there = {row.key: row for row in self.source.rows(selection, keys, side=Side.SOURCE)}
        return _Look(selection, changes, there, [key for key in keys if key not in there])

    def _carry(self, looks: Sequence[_Look]) -> None:
        staying = {look.selection.source: self._remove(look) for look in reversed(looks)}
        reach("data.catch_up.removed")
        for look in looks:
            refused = staying[look.selection.source]
            for each in put_rows(self.target, look.selection, list(look.there.values()), self.worker):
                refused[each.key] = each
            for key in self._not_as_read(look):
                refused.setdefault(key, Rejected(look.selection.source, key, OTHERWISE, look.there[key].values))
            reach("data.catch_up.written")
            self._settle(look, refused)

    def _remove(self, look: _Look) -> dict[KeyValue, Rejected]:
        """Those that others still refer to; what refers to them may go with what is carried next."""
        if look.emptied:
            self._purge(look.selection)
        try:
            self.target.remove(look.selection, look.gone, self.worker)
        except Refused as refused:
            return {key: Rejected(look.selection.source, key, refused.reason, {}) for key in look.gone}
        return {}

    def _not_as_read(self, look: _Look) -> list[KeyValue]:
        held = self.target.rows(look.selection, list(look.there), side=Side.TARGET)
        values = {row.key: row.values for row in held}
        return [key for key, row in look.there.items() if values.get(key) != row.values]

    def _settle(self, look: _Look, refused: Mapping[KeyValue, Rejected]) -> None:
        table = look.selection.source
        for key, rejected in refused.items():
            self._refusals[table, key] += 1
            if self._refusals[table, key] == FRUITLESS and self.quarantine is not None:
                self.quarantine(rejected)
        last = [each for key, each in refused.items() if self._refusals[table, key] >= FRUITLESS]
        if last and self.quarantine is None:
            raise _refused(table, last)
        waiting = {key for key in refused if self._refusals[table, key] < FRUITLESS}
        self.log.acknowledge(table, [change.id for change in look.changes if change.key not in waiting])

    def _purge(self, selection: Selection) -> None:
        """Remove from the target whatever the source does not have."""
        after: KeyValue | None = None
        while True:
            within = KeyRange(after, None)
            upto = self.target.end_of_chunk(selection, within, side=Side.TARGET, rows=BATCH, size=WHOLE_BYTES)
            if upto is None:
                return
            chunk = KeyRange(after, upto)
            keys = [key for key, _ in self.target.row_digests(selection, chunk, side=Side.TARGET)]
            there = {row.key for row in self.source.rows(selection, keys, side=Side.SOURCE)}
            self.target.remove(selection, [key for key in keys if key not in there], self.worker)
            self.alive()
            after = upto


def _refused(table: str, rejected: Sequence[Rejected]) -> StepFailed:
    named = ", ".join("/".join(each.key) for each in rejected[:SHOWN])
    more = f" and {len(rejected) - SHOWN} more" if len(rejected) > SHOWN else ""
    return StepFailed(
        f"The target does not take what became of {len(rejected)} row(s) of {table} ({named}{more}): "
        f"{rejected[0].reason} The source goes on as before.",
        details={"table": table, "keys": [list(each.key) for each in rejected[:50]]},
    )
