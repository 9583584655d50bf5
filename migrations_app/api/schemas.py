"""What every router shares: strict input, pages, and the parameters of lists."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

from ninja import Query, Schema
from pydantic import ConfigDict, ValidationInfo, create_model, field_validator

from migrations_app.api.cursors import opened, sealed
from migrations_app.selectors.paging import LARGEST_PAGE, PAGE, Listing

Item = TypeVar("Item")
LARGEST_LIST = 1_000_000


class Input(Schema):
    """A body. Fields that do not exist are refused: a misspelt option must not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class Older(Schema):
    """`cursor` is the `next_cursor` of the page before."""

    cursor: str = ""

    @field_validator("cursor")
    @classmethod
    def _of_this_list(cls, cursor: str, info: ValidationInfo) -> str:
        return opened(cursor, info.context) if info.context else cursor


class Continued(Schema):
    """`next_cursor` is empty on the last page."""

    next_cursor: str

    @field_validator("next_cursor")
    @classmethod
    def _for_this_list(cls, cursor: str, info: ValidationInfo) -> str:
        return sealed(cursor, info.context)


class Paging(Older):
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE


class ShortPaging(Paging):
    """Of a list that is short by nature: as a rule it is one page."""

    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE

    def filters(self) -> dict[str, Any]:
        """What was asked for besides."""
        return self.model_dump(exclude={"cursor", "limit"})


class Page(Continued, Generic[Item]):
    """Newest first. `next_cursor` is empty on the last page; `total` counts everything that matches."""

    items: list[Item]
    total: int


ALL = ShortPaging.model_construct(cursor="", limit=LARGEST_LIST)
_CURSOR = re.compile(r"([0-9]{1,9})\.([0-9]{0,19})")


def page(listing: Listing[Item]) -> dict[str, object]:
    return {"items": list(listing.rows), "next_cursor": listing.next_cursor, "total": listing.total}


def whole(rows: tuple[Item, ...], paging: Paging = ALL) -> dict[str, object]:
    """A slice of a list that is read as a whole. The cursor is the last row's place and id: where that row has gone
    meanwhile, its place counts."""
    begin = _place(rows, paging.cursor)
    items = list(rows[begin : begin + paging.limit])
    end = begin + len(items)
    more = f"{end}.{_id(items[-1])}" if items and end < len(rows) else ""
    return {"items": items, "next_cursor": more, "total": len(rows)}


def _place(rows: Sequence[Any], cursor: str) -> int:
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        return 0
    after = (place for place, row in enumerate(rows, 1) if _id(row) == parts[2])
    return next(after, min(int(parts[1]), len(rows)))


def _id(row: Any) -> str:
    return str(getattr(row, "id", getattr(row, "number", "")))


def extended(name: str, row: type, *, base: type[Schema] = Schema, **more: Any) -> Any:
    """A schema with the row's fields and some more, beside each other."""
    hints = get_type_hints(row)
    fields: dict[str, Any] = {f.name: (hints[f.name], ...) for f in dataclasses.fields(row)}
    fields |= {key: (kind, ...) for key, kind in more.items()}
    return create_model(name, __base__=base, **fields)


def flat(row: Any, **more: Any) -> dict[str, Any]:
    """The row's fields and some more, beside each other; inner rows stay what they are."""
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row)} | more
