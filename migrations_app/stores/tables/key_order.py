"""Whether two databases put a table's keys in the same order, so that a range of keys means the same rows in both."""

from migrations_app.stores.tables.schema import Catalogue, Table, TypeKind
from migrations_app.stores.tables.selection import Selection

BYTES = "C"
# Ordered alike everywhere. Of a float or a decimal SQLite may hold some as text, which it puts behind all numbers.
_ALIKE = (TypeKind.INTEGER, TypeKind.BOOLEAN)
_ALIKE_IN_POSTGRES = (*_ALIKE, TypeKind.DATE, TypeKind.TIMESTAMP, TypeKind.INSTANT, TypeKind.UUID, TypeKind.BYTES)


def same_order(source: Table, target: Table, selection: Selection, sources: Catalogue, targets: Catalogue) -> bool:
    """False where it is not certain; ranges that are compared then follow the bytes of the keys (`bytewise`)."""
    postgres = all(catalogue.details.get("engine") == "postgres" for catalogue in (sources, targets))
    for mine, theirs in zip(selection.key, selection.target_key, strict=True):
        one, other = source.column(mine), target.column(theirs)
        if one is None or other is None or one.type.kind is not other.type.kind:
            return False
        kind = one.type.kind
        if kind is TypeKind.TEXT:
            orders = {one.collation or _of(sources), other.collation or _of(targets)}
            # Of one ICU version, or one C library, the same rules; of one that is not known, perhaps others.
            if orders != {BYTES} and not (postgres and len(orders) == 1 and _versioned(orders.pop())):
                return False
        elif kind not in (_ALIKE_IN_POSTGRES if postgres else _ALIKE):
            return False
    return True


def _versioned(collation: str) -> bool:
    return collation.count(":") == 2


def _of(catalogue: Catalogue) -> str:
    return str(catalogue.details.get("collation", ""))
