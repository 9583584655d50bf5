"""Comparing while the source changes: a row that differs because its change waits in the log is no difference.

What waits is carried later, and then read back and held against the source's row; so nothing goes unproven.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data.live.pair import change_log
from migrations_app.handlers.data.live.parameters import TRIGGERS
from migrations_app.handlers.data.parameters import SOURCE
from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.changes.base import Change, ChangeLog, watched
from migrations_app.stores.tables.selection import KeyValue, Selection

BATCH = 10_000
Settle = Callable[[Selection, Sequence[KeyValue]], set[KeyValue]]


@contextmanager
def settling(ctx: ActionContext, source: Database, target: Database) -> Iterator[Settle | None]:
    """None where the source has no change log."""
    if ctx.parameters["live"] != TRIGGERS or ctx.originals:
        yield None
        return
    with change_log(ctx, SOURCE, read_only=True) as log:
        yield Settler(source, target, log).settle


@dataclass(slots=True)
class Settler:
    """Nothing may be acknowledged meanwhile: a difference is looked at first, and the log after it."""

    source: Database
    target: Database
    log: ChangeLog
    _noted: dict[str, set[KeyValue | None]] = field(default_factory=dict)
    _upto: dict[str, int] = field(default_factory=dict)

    def settle(self, selection: Selection, keys: Sequence[KeyValue]) -> set[KeyValue]:
        """Those that differ, and of which no change waits."""
        ours = {row.key: row.values for row in self.source.rows(selection, keys, side=Side.SOURCE)}
        theirs = {row.key: row.values for row in self.target.rows(selection, keys, side=Side.TARGET)}
        differ = {key for key in keys if ours.get(key) != theirs.get(key)}
        differ -= self._waiting(selection)
        if differ:
            # A transaction that ended late has noted its change under a number that was passed already.
            self._noted.pop(selection.source, None)
            self._upto.pop(selection.source, None)
            noted = self._waiting(selection)
            differ = set() if None in noted else differ - noted
        return differ

    def _waiting(self, selection: Selection) -> set[KeyValue | None]:
        name = selection.source
        noted = self._noted.setdefault(name, set())
        while changes := self._read(selection):
            noted.update(change.key for change in changes)
            self._upto[name] = changes[-1].id
        return noted

    def _read(self, selection: Selection) -> list[Change]:
        known = watched(selection, self.source.table(selection.source))
        return self.log.read(known, self._upto.get(selection.source, 0), BATCH)
