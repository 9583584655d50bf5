"""Small questions about tables."""

from collections.abc import Sequence

from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.key_order import same_order
from migrations_app.stores.tables.selection import EVERYTHING, Selection


def holds_rows(target: Database, selection: Selection) -> bool:
    """Whether the target's table holds any."""
    if not selection.key:
        return target.count(selection, EVERYTHING, side=Side.TARGET) > 0
    return target.end_of_chunk(selection, EVERYTHING, side=Side.TARGET, rows=1, size=1) is not None


def apart(source: Database, target: Database, selections: Sequence[Selection]) -> frozenset[str]:
    """The target's tables whose keys the two databases order differently, or perhaps do."""
    before = source.catalogue([each.source for each in selections])
    after = target.catalogue([each.target for each in selections])
    return frozenset(
        each.target
        for each in selections
        if not same_order(before.tables[each.source], after.tables[each.target], each, before, after)
    )
