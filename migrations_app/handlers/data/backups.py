"""Rows of the target as encrypted artifacts: before they are removed, and back again.

A part is NDJSON, a row a line: table, key, and values (canonical text or null, by column). What is read and written is
the whole row, every column that is not computed, whatever the migration maps.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import InsufficientResources
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.data.comparison import CHUNK_BYTES
from migrations_app.handlers.data.kept import folder
from migrations_app.stores.tables.base import Database, Row, Side
from migrations_app.stores.tables.schema import Generated, Table
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, KeyValue, Mapped, Selection

PART_ROWS = 5_000
COMPUTED = (Generated.STORED, Generated.VIRTUAL)


def whole(table: Table) -> Selection | None:
    """Every column of a table that holds something of its own; None without a key, by which rows are read."""
    if not table.keys:
        return None
    columns = [Mapped(each.name, each.name, type=each.type) for each in table.columns if each.generated not in COMPUTED]
    return Selection(table.name, table.name, table.keys[0].columns, tuple(columns))


def prefix(run_id: int, table: str, what: str = "target") -> str:
    """`what`: `target` for rows that are removed first, `written-since` for those that a rollback removes."""
    return f"{folder(run_id)}{what}/{hashlib.sha256(table.encode()).hexdigest()[:16]}/"  # a name may hold anything


@dataclass(frozen=True, slots=True)
class Part:
    """One artifact: its number within the table, its rows, and where the next one begins."""

    number: int
    rows: int
    size: int
    sha256: str
    upto: KeyValue | None


def export(
    ctx: ActionContext, database: Database, selection: Selection, *, number: int, after: KeyValue | None
) -> Iterator[Part]:
    """Write the table's rows after `after`, a part at a time."""
    while True:
        left = KeyRange(after)
        end = database.end_of_chunk(selection, left, side=Side.TARGET, rows=PART_ROWS, size=CHUNK_BYTES)
        if end is None:
            return
        keys = [key for key, _ in database.row_digests(selection, KeyRange(after, end), side=Side.TARGET)]
        key = f"{prefix(ctx.effect_run_id, selection.target)}{number:06}.ndjson"
        size = write_part(ctx, key, selection.target, database.rows(selection, keys, side=Side.TARGET))
        stored = ctx.artifacts.stat(key)
        yield Part(number, len(keys), size, stored.sha256 if stored else "", end)
        number, after = number + 1, end


def write_part(ctx: ActionContext, key: str, table: str, rows: list[Row]) -> int:
    """How many bytes."""
    size = 0
    with ctx.artifacts.create(key) as stream:
        for row in rows:
            document = {"table": table, "key": list(row.key), "values": dict(row.values)}
            line = json.dumps(document, ensure_ascii=False).encode() + b"\n"
            size += len(line)
            stream.write(line)
    return size


def restore(ctx: ActionContext, database: Database, selection: Selection, worker: WorkerToken) -> int:
    """Put every part back; how many rows. Again is the same as once."""
    rows = 0
    for key in ctx.artifacts.keys(prefix(ctx.effect_run_id, selection.target)):
        with ctx.artifacts.open(key) as stream:
            rows += database.put(selection, [_row(json.loads(line)) for line in stream], worker)
        ctx.progress.alive()
    return rows


def refuse_too_large(ctx: ActionContext, size: int) -> None:
    """Raises InsufficientResources."""
    most = ctx.parameters["most_backup_bytes"]
    if size > most:
        raise InsufficientResources(
            f"The rows to back up take more than {most} bytes; nothing was removed. Raise the parameter "
            "“most_backup_bytes”, or back the database up yourself and switch “Back up first” off.",
            details={"most_backup_bytes": most},
        )


def digest_of(database: Database, selection: Selection) -> dict[str, Any]:
    found = database.digest(selection, EVERYTHING, side=Side.TARGET)
    return {"rows": found.rows, "digest": found.digest}


def _row(saved: Mapping[str, Any]) -> Row:
    return Row(tuple(saved["key"]), saved["values"])
