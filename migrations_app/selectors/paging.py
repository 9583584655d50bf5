"""A slice of a list, newest first, with a cursor that stays right while new rows arrive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

Row = TypeVar("Row")
M = TypeVar("M", bound=models.Model)

PAGE = 50
LARGEST_PAGE = 200
MOST_COUNTED = 10_000  # counting on would read the whole table for a number that nobody compares


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """`next_cursor` is '' on the last slice; `total` counts what matches the filters, up to 10,000."""

    rows: tuple[Row, ...]
    next_cursor: str
    total: int

    @property
    def counted(self) -> str:
        return in_figures(self.total)


def in_figures(total: int) -> str:
    """`1,204`, and `10,000+` where nobody counted on."""
    return f"{total:,}+" if total >= MOST_COUNTED else f"{total:,}"


def cut(
    matching: QuerySet[M],
    *,
    cursor: str,
    limit: int,
    shown: Callable[[QuerySet[M]], QuerySet[M]] = lambda rows: rows,
    total: int | None = None,
    by: str = "-pk",
) -> Listing[M]:
    """Newest first by primary key, or by another field and then that. `by` begins with `-` for the greatest first.

    `shown` adds the joins and annotations of a row, which counting does without. `total`: where it is known already.
    The cursor is the key of the last row; one that is not one of ours starts from the top.
    """
    if total is None:
        total = matching.order_by().values("pk")[:MOST_COUNTED].count()
    limit = min(max(limit, 1), LARGEST_PAGE)
    field, down = by.removeprefix("-"), by.startswith("-")
    page = shown(matching).order_by(*((by,) if field == "pk" else (by, "-pk" if down else "pk")))
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        everything = shown(matching.model._base_manager.all())
        page = page.filter(_beyond(everything, int(cursor), field, "lt" if down else "gt"))
    found = list(page[: limit + 1])
    slice_ = found[:limit]
    return Listing(tuple(slice_), str(slice_[-1].pk) if len(found) > limit else "", total)


def _beyond(everything: QuerySet[M], last: int, field: str, side: str) -> Q:
    """What comes after the row with that key, wherever its field has moved to meanwhile."""
    if field == "pk":
        return Q(**{f"pk__{side}": last})
    value = everything.filter(pk=last).values_list(field, flat=True).first()
    if value is None:
        return Q()
    return Q(**{f"{field}__{side}": value}) | Q(**{field: value, f"pk__{side}": last})
