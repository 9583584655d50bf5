"""Rows that the target refused: each an encrypted artifact of its own, so that no crash loses or doubles one.

It is written before the chunk is committed that leaves the row out. `lines` gives them as NDJSON, for people.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import Artifacts
from migrations_app.handlers.data.kept import folder
from migrations_app.handlers.data.parameters import STOP
from migrations_app.stores.tables.base import Rejected
from migrations_app.stores.tables.selection import KeyValue


def prefix(run_id: int) -> str:
    return f"{folder(run_id)}rejected/"


class Quarantine:
    """Of one driver. How many rows lie there already is looked up only when there could be too many."""

    def __init__(self, ctx: ActionContext) -> None:
        self._ctx = ctx
        self._unlooked = 0  # so many more fit, even if every other partition uses up its share

    def put_aside(self, row: Rejected) -> None:
        """Raises StepFailed when the plan says to stop, or when there are too many."""
        ctx = self._ctx
        where = f"Row {shown(row.key)} of {row.table} was refused: {row.reason}"
        if ctx.parameters["on_reject"] == STOP:
            raise StepFailed(
                f"{where}. Nothing of its chunk was written. Correct the row or the mapping, or let refused rows be "
                "put aside with the parameter “on_reject”.",
                details={"table": row.table, "key": list(row.key), "reason": row.reason},
            )
        with ctx.artifacts.create(_key(ctx.effect_run_id, row)) as stream:
            document = {"table": row.table, "key": list(row.key), "reason": row.reason, "values": dict(row.values)}
            stream.write(json.dumps(document, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        if self._unlooked:
            self._unlooked -= 1
            return
        most = ctx.parameters["most_rejected"]
        left = most - sum(1 for _ in ctx.artifacts.keys(prefix(ctx.effect_run_id)))
        if left < 0:
            raise StepFailed(
                f"More than {most} rows were refused, the newest: {where}. They are kept, with their reasons. Correct "
                "the source or the mapping, or raise the parameter “most_rejected”.",
                details={"most_rejected": most, "table": row.table, "key": list(row.key), "reason": row.reason},
            )
        self._unlooked = left // ctx.partitions


def lines(artifacts: Artifacts, run_id: int) -> Iterator[bytes]:
    """Each row as a line of JSON: table, key, reason, values as the source has them."""
    for key in artifacts.keys(prefix(run_id)):
        with artifacts.open(key) as stream:
            yield stream.read()


def keys_by_table(ctx: ActionContext) -> dict[str, set[KeyValue]]:
    found: dict[str, set[KeyValue]] = {}
    for row in _rows(ctx):
        found.setdefault(row["table"], set()).add(tuple(row["key"]))
    return found


def counted(ctx: ActionContext) -> dict[str, dict[str, Any]]:
    """By table: rows, and how many of them for each reason."""
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(ctx):
        table = found.setdefault(row["table"], {"rows": 0, "reasons": {}})
        table["rows"] += 1
        table["reasons"][row["reason"]] = table["reasons"].get(row["reason"], 0) + 1
    return found


def shown(key: KeyValue) -> str:
    return ", ".join(key) if key else "(without a key)"


def _rows(ctx: ActionContext) -> Iterator[Mapping[str, Any]]:
    return (json.loads(line) for line in lines(ctx.artifacts, ctx.effect_run_id))


def _key(run_id: int, row: Rejected) -> str:
    """The same row of the same table is the same artifact, however often its chunk is tried."""
    values = [] if row.key else sorted(row.values.items())
    name = hashlib.sha256(json.dumps([row.table, list(row.key), values]).encode()).hexdigest()[:40]
    return f"{prefix(run_id)}{name}.ndjson"
