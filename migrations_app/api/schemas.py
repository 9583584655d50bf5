"""What every router shares: strict input, pages, and the parameters of lists."""

import dataclasses
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

from ninja import Query, Schema
from pydantic import ConfigDict, create_model

from migrations_app.selectors.paging import LARGEST_PAGE, PAGE, Listing

Item = TypeVar("Item")


class Input(Schema):
    """A body. Fields that do not exist are refused: a misspelt option must not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class Paging(Schema):
    """`cursor` is the `next_cursor` of the page before."""

    cursor: str = ""
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE


class Page(Schema, Generic[Item]):
    """Newest first. `next_cursor` is empty on the last page; `total` counts everything that matches."""

    items: list[Item]
    next_cursor: str
    total: int


def page(listing: Listing[Item]) -> dict[str, object]:
    return {"items": list(listing.rows), "next_cursor": listing.next_cursor, "total": listing.total}


def whole(rows: tuple[Item, ...]) -> dict[str, object]:
    """A list that is short by nature, as one page."""
    return {"items": list(rows), "next_cursor": "", "total": len(rows)}


def extended(name: str, row: type, **more: Any) -> Any:
    """A schema with the row's fields and some more, beside each other."""
    hints = get_type_hints(row)
    fields: dict[str, Any] = {f.name: (hints[f.name], ...) for f in dataclasses.fields(row)}
    fields |= {key: (kind, ...) for key, kind in more.items()}
    return create_model(name, __base__=Schema, **fields)


def flat(row: Any, **more: Any) -> dict[str, Any]:
    """The row's fields and some more, beside each other; inner rows stay what they are."""
    return {f.name: getattr(row, f.name) for f in dataclasses.fields(row)} | more
