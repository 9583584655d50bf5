"""Small questions about tables."""

from collections.abc import Sequence

from migrations_app.engine.errors import StepFailed
from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.key_order import same_order
from migrations_app.stores.tables.selection import EVERYTHING, Selection

SHOWN = 5


def holds_rows(target: Database, selection: Selection) -> bool:
    """Whether the target's table holds any."""
    if not selection.key:
        return target.count(selection, EVERYTHING, side=Side.TARGET) > 0
    return target.end_of_chunk(selection, EVERYTHING, side=Side.TARGET, rows=1, size=1) is not None


def require_no_orphans(target: Database, tables: Sequence[str]) -> None:
    """Raises StepFailed when a foreign key does not hold."""
    orphans = target.orphans(tables)
    if orphans:
        named = ", ".join(
            f"{name} ({rows} row{'' if rows == 1 else 's'})" for name, rows in sorted(orphans.items())[:SHOWN]
        )
        raise StepFailed(
            f"Rows refer to rows that are not there: {named}. The rows that they refer to were put aside, or are "
            "missing at the source too, or belong to a table that was not moved. Correct the source, or move that "
            "table as well.",
            details={"orphans": dict(orphans)},
        )


def apart(source: Database, target: Database, selections: Sequence[Selection]) -> frozenset[str]:
    """The target's tables whose keys the two databases order differently, or perhaps do."""
    before = source.catalogue([each.source for each in selections])
    after = target.catalogue([each.target for each in selections])
    return frozenset(
        each.target
        for each in selections
        if not same_order(before.tables[each.source], after.tables[each.target], each, before, after)
    )
