"""Rows of the target that somebody wrote after the run compared it: a rollback keeps them before it removes them."""

from dataclasses import replace

from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data import backups
from migrations_app.handlers.data.comparison import Comparer
from migrations_app.handlers.data.looking import apart
from migrations_app.stores.tables.base import ChunkDigest, Database, Side
from migrations_app.stores.tables.selection import EVERYTHING, Selection

WRITTEN_SINCE = "written-since"
ROWS = 5_000


def keep(ctx: ActionContext, source: Database, target: Database, selection: Selection, as_verified: ChunkDigest) -> int:
    """How many rows were kept: those of the target that are not the source's. 0 when nothing has changed.

    A table without a key has none that could be named; what was written there is only counted.
    """
    if not target.catalogue([selection.target]).tables:
        return 0  # an earlier try of this rollback has dropped it
    now = target.digest(selection, EVERYTHING, side=Side.TARGET)
    if now == as_verified:
        return 0
    if not selection.key:
        return abs(now.rows - as_verified.rows)
    if apart(source, target, [selection]):
        selection = replace(selection, bytewise=True)
    rows, comparer = 0, Comparer(source, target)
    for number, chunk in enumerate(comparer.chunks(selection, EVERYTHING, ROWS)):
        found = comparer.look(selection, chunk)
        changed = [*found.extra, *found.value]
        if changed:
            key = f"{backups.prefix(ctx.effect_run_id, selection.target, WRITTEN_SINCE)}{number:06}.ndjson"
            backups.write_part(ctx, key, selection.target, target.rows(selection, changed, side=Side.TARGET))
            rows += len(changed)
        ctx.progress.alive()
    return rows
