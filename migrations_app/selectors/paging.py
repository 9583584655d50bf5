"""A slice of a list, newest first, with a cursor that stays right while new rows arrive."""

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


def cut(matching: QuerySet[M], *, cursor: str, limit: int) -> Listing[M]:
    """Newest first by primary key. A cursor that is not one of ours starts from the top."""
    total = matching.count()
    limit = min(max(limit, 1), LARGEST_PAGE)
    page = matching.order_by("-pk")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        page = page.filter(pk__lt=int(cursor))
    found = list(page[: limit + 1])
    shown = found[:limit]
    return Listing(tuple(shown), str(shown[-1].pk) if len(found) > limit else "", total)
