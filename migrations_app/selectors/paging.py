"""A slice of a list, newest first, with a cursor that stays right while new rows arrive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import models
from django.db.models import QuerySet

Row = TypeVar("Row")
M = TypeVar("M", bound=models.Model)

PAGE = 50
LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """`next_cursor` is '' on the last slice; `total` counts everything that matches the filters."""

    rows: tuple[Row, ...]
    next_cursor: str
    total: int


def listing(
    matching: QuerySet[M], row: Callable[[M], Row], *, cursor: str, limit: int, key: str = "pk"
) -> Listing[Row]:
    """Newest first by `key`. A cursor that is not one of ours starts from the top."""
    total = matching.count()
    limit = min(max(limit, 1), LARGEST_PAGE)
    page = matching.order_by(f"-{key}")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        page = page.filter(**{f"{key}__lt": int(cursor)})
    found = list(page[: limit + 1])
    more = len(found) > limit
    shown = found[:limit]
    return Listing(tuple(row(item) for item in shown), str(shown[-1].pk) if more else "", total)
