"""A range of rows from one database to another, in chunks that are each there whole or not at all.

Whoever is killed at any line is resumed from the mark that the target keeps: nothing is missing, nothing comes twice.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrations_app.engine.errors import Problem, Timeout, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Copied, Database, Mark, Rejected, Row, Side
from migrations_app.stores.tables.refusals import Interfered, MarkMoved, Refused
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection

ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.05
GROWTH = 4  # a chunk after a refused row, times the one before, until it is as large as was asked for


def copy_range(
    source: Database,
    target: Database,
    selection: Selection,
    within: KeyRange,
    *,
    scope: str,
    worker: WorkerToken,
    rows: int,
    bytes: int,  # noqa: A002 - as Copied has it
    after_chunk: Callable[[Mark, Copied], None],
    quarantine: Callable[[Rejected], None],
) -> Copied:
    """Copy what of `within` the mark of `scope` does not say is there; what this call copied.

    `worker` has raised its fence. A row that the target refuses is given to `quarantine` before the mark passes it,
    so that it may come there a second time after an interruption, but is never lost; when `quarantine` raises, the
    mark stays before the row. `after_chunk` gets each new mark, the finished one too, and what this call has copied
    so far; when it raises, the chunk stays.

    Raises LeaseLost, DependencyUnavailable, Timeout, ValidationFailed; a repeat goes on at the mark.
    """
    task = _Task(source, target, selection, scope, worker, max(1, rows), bytes, quarantine)
    mark, size, whole = target.stand(scope, worker), task.rows, Copied(0, 0)
    while not mark.finished:
        try:
            before, (mark, copied, size) = mark, task.step(within, mark, size)
        except MarkMoved:
            mark = target.stand(scope, worker)
            continue
        whole += copied
        if mark != before:
            after_chunk(mark, whole)
    return whole


def write_rows(
    source: Database, target: Database, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken
) -> tuple[Rejected, ...]:
    """Bring these rows of the target to what the source has now; those that the target refuses.

    Keys that the source does not have are left as they are in the target: `Database.remove` is for them.
    """
    return put_rows(target, selection, source.rows(selection, keys, side=Side.SOURCE), worker)


def put_rows(target: Database, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> tuple[Rejected, ...]:
    try:
        target.put(selection, rows, worker)
    except Refused as refused:
        if len(rows) == 1:
            return (Rejected(selection.source, rows[0].key, refused.reason, rows[0].values),)
        half = len(rows) // 2
        return tuple(one for part in (rows[:half], rows[half:]) for one in put_rows(target, selection, part, worker))
    return ()


@dataclass(frozen=True, slots=True)
class _Task:
    source: Database
    target: Database
    selection: Selection
    scope: str
    worker: WorkerToken
    rows: int
    bytes: int
    quarantine: Callable[[Rejected], None]

    def step(self, within: KeyRange, mark: Mark, rows: int) -> tuple[Mark, Copied, int]:
        """One chunk of at most so many rows; the mark after it, what it brought, and how many rows to try next."""
        remaining = replace(within, after=mark.upto if mark.upto is not None else within.after)
        upto = self.source.end_of_chunk(self.selection, remaining, side=Side.SOURCE, rows=rows, size=self.bytes)
        if upto is None or (not self.selection.key and mark.upto is not None):
            return self.target.pass_mark(mark, mark.upto, self.worker, finished=True), Copied(0, 0), rows
        chunk = KeyRange(remaining.after, upto)
        try:
            copied = self._write(chunk, mark)
        except Refused as refused:
            return self._after_refusal(chunk, mark, rows, refused)
        after = replace(mark, upto=upto, rows=mark.rows + copied.rows)
        return after, copied, min(self.rows, rows * GROWTH)

    def _write(self, chunk: KeyRange, mark: Mark) -> Copied:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS):
            try:
                return self.target.write_chunk(self.source, self.selection, chunk, mark, self.worker)
            except Interfered as error:
                interfered = error
            time.sleep(pause * (0.5 + random.random()))  # noqa: S311 - two that met shall not meet again
            pause *= 2
        raise Timeout(
            f"Others were in the way of “{self.selection.target}” {ATTEMPTS} times: {interfered} "
            "The chunk was not written; what came before it stays."
        )

    def _after_refusal(self, chunk: KeyRange, mark: Mark, rows: int, refused: Refused) -> tuple[Mark, Copied, int]:
        """A chunk of one row goes to quarantine; of a larger one the part before the refused row comes next."""
        if not self.selection.key:
            raise _unnamed(self.selection, refused)
        held = self.source.count(self.selection, chunk, side=Side.SOURCE)
        if held == 0:  # removed meanwhile
            return mark, Copied(0, 0), rows
        if held > 1:
            if refused.row is not None and refused.row <= held:
                return mark, Copied(0, 0), max(1, refused.row - 1)
            return mark, Copied(0, 0), held // 2
        upto = chunk.upto or ()
        self.quarantine(Rejected(self.selection.source, upto, refused.reason, self._values(upto)))
        return self.target.pass_mark(mark, upto, self.worker), Copied(0, 0, 1), 1

    def _values(self, key: KeyValue) -> Mapping[str, str | None]:
        try:
            found = self.source.rows(self.selection, [key], side=Side.SOURCE)
        except Refused:  # what cannot be read as it is wanted cannot be shown so either
            found = []
        return found[0].values if found else dict(zip(self.selection.target_key, key, strict=True))


def _unnamed(selection: Selection, refused: Refused) -> ValidationFailed:
    message = f"The target refuses a row of “{selection.source}”: {refused.reason} Nothing of this table was written."
    fix = "Without a key the row cannot be named or left out. Correct it in the source, or give the table a key."
    return ValidationFailed(message, problems=[Problem("tables", message, fix, "refused")])
