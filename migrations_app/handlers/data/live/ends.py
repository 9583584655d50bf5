"""How far the copy goes while rows are added: to the greatest key that there was once changes were noted.

Whatever is added behind it comes as a change. Without an end the copy would run after its source for ever.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data.kept import Share
from migrations_app.handlers.data.live.parameters import OFF
from migrations_app.handlers.data.live.steps import INSTALL, NOTE
from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.selection import EVERYTHING, Selection

MANY, LARGE = 2**31, 2**60


def ends_of(source: Database, selections: Sequence[Selection]) -> dict[str, list[str]]:
    """By the target's table, the greatest key; a table without a row is left out."""
    found = {
        each.target: source.end_of_chunk(each, EVERYTHING, side=Side.SOURCE, rows=MANY, size=LARGE)
        for each in selections
        if each.key
    }
    return {name: list(end) for name, end in found.items() if end is not None}


def ended(ctx: ActionContext, share: Share) -> Share | None:
    """The share with its end; None where there was no row."""
    if ctx.parameters["live"] == OFF or ctx.originals or share.within.upto is not None:
        return share
    noted: dict[str, Any] = (ctx.results.get(INSTALL) or ctx.results.get(NOTE) or {}).get("ends", {})
    end = noted.get(share.selection.target)
    return None if end is None else replace(share, within=replace(share.within, upto=tuple(end)))
