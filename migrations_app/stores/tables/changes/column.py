"""Following a table by a column that each insert and update raises, where there may be no triggers.

It sees no deleted row, and not every row that a long transaction commits late: whoever uses it compares everything in
the end, with the writers stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import (
    EVERYTHING,
    Condition,
    KeyRange,
    KeyValue,
    Mapped,
    Operator,
    Selection,
)

BATCH = 1000
MANY, LARGE = 2**31, 2**60


@dataclass(slots=True)
class Followed:
    """`changes`: rows brought so far; `upto`: by the source's table, the greatest value up to which they were."""

    changes: int = 0
    upto: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def greatest(source: Database, selection: Selection, column: str) -> str | None:
    """The column's greatest value in canonical text; None without one. Cheap where the column has an index."""
    known = source.catalogue([selection.source]).tables[selection.source].column(column)
    if known is None:
        raise StepFailed(f"{selection.source} has no column {column} any more. Nothing was changed.")
    alone = replace(
        selection,
        key=(column,),
        columns=(Mapped(column, column, (), known.type),),
        where=(*selection.where, Condition(column, Operator.NOT_NULL)),
    )
    end = source.end_of_chunk(alone, EVERYTHING, side=Side.SOURCE, rows=MANY, size=LARGE)
    return end[0] if end else None


def follow(
    source: Database,
    target: Database,
    selection: Selection,
    column: str,
    worker: WorkerToken,
    seen: Followed,
    alive: Callable[[], None],
) -> None:
    """Bring what has at least the value seen last. Raises StepFailed for rows that the target refuses."""
    since, now = seen.upto.get(selection.source), greatest(source, selection, column)
    grown = selection
    if since is not None:
        grown = replace(selection, where=(*selection.where, Condition(column, Operator.AT_LEAST, (since,))))
    for keys in _batches(source, grown):
        refused = write_rows(source, target, selection, keys, worker)
        if refused:
            raise StepFailed(
                f"The target does not take a row of {selection.source} ({'/'.join(refused[0].key)}): "
                f"{refused[0].reason} The source goes on as before."
            )
        seen.changes += len(keys)
        alive()
    if now is not None:
        seen.upto[selection.source] = now


def _batches(source: Database, selection: Selection) -> Iterator[list[KeyValue]]:
    after: KeyValue | None = None
    while True:
        left = KeyRange(after, None)
        upto = source.end_of_chunk(selection, left, side=Side.SOURCE, rows=BATCH, size=LARGE)
        if upto is None:
            return
        yield [key for key, _ in source.row_digests(selection, KeyRange(after, upto), side=Side.SOURCE)]
        after = upto
