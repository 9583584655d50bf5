"""Making tables, and what they get after the copy. What is there already is left alone: again is the same as once."""

from collections.abc import Collection, Sequence
from typing import Any

from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data.parameters import SOURCE
from migrations_app.handlers.data.sides import reading
from migrations_app.stores.tables import creating
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.schema import Catalogue, Table
from migrations_app.stores.tables.selection import Selection


def make_tables(ctx: ActionContext, target: Database, selections: Sequence[Selection], only: Collection[str]) -> None:
    """`selections` are all of the migration's, for foreign keys between them; `only`: the tables to make."""
    catalogue = target.catalogue(list(only))
    there = catalogue.tables
    for statement in creating.tables(_source(ctx, selections), selections, only=only, **_kind(catalogue)):
        if statement.name not in there:
            target.execute([statement.sql], ctx.worker)
            ctx.progress.alive()


def finish_tables(ctx: ActionContext, target: Database, selections: Sequence[Selection], only: Collection[str]) -> int:
    """Indexes and foreign keys, one after the other; how many there are."""
    catalogue = target.catalogue(list(only))
    there = catalogue.tables
    statements = creating.after(_source(ctx, selections), selections, only=only, **_kind(catalogue))
    for statement in statements:
        if statement.name not in _built(there[statement.table]):
            target.execute([statement.sql], ctx.worker)
            ctx.progress.alive()
    return len(statements)


def _kind(target: Catalogue) -> dict[str, Any]:
    """What `creating` has to know of the target."""
    return {"engine": target.details["engine"], "in_schemas": bool(target.details.get("schemas"))}


def _source(ctx: ActionContext, selections: Sequence[Selection]) -> Catalogue:
    with reading(ctx.targets[SOURCE]) as source:
        return source.catalogue([each.source for each in selections])


def _built(table: Table) -> set[str]:
    return {*table.indexes, *(each.name for each in table.foreign_keys)}
