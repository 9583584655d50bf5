"""Small questions about tables."""

from collections.abc import Sequence

from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.schema import TypeKind
from migrations_app.stores.tables.selection import EVERYTHING, Selection


def holds_rows(target: Database, selection: Selection) -> bool:
    """Whether the target's table holds any."""
    if not selection.key:
        return target.count(selection, EVERYTHING, side=Side.TARGET) > 0
    return target.end_of_chunk(selection, EVERYTHING, side=Side.TARGET, rows=1, size=1) is not None


def apart(source: Database, target: Database, selections: Sequence[Selection]) -> frozenset[str]:
    """The target's tables whose keys the two databases order differently."""
    return frozenset(each.target for each in selections if not all(_is_number(each, name) for name in each.key))


def _is_number(selection: Selection, key: str) -> bool:
    return next(one.type.kind for one in selection.columns if one.source == key) is TypeKind.INTEGER
