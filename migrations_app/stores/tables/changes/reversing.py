"""The way back of a selection: what was written at the target since comes to the source by it."""

from dataclasses import dataclass

from migrations_app.stores.tables.schema import Catalogue, Generated, Table
from migrations_app.stores.tables.selection import Mapped, Selection


@dataclass(frozen=True, slots=True)
class OneWay:
    """A column whose changes at the target cannot come back. `blocks`: not even a row that is new there can."""

    table: str
    column: str
    reason: str
    blocks: bool = False


def back(selection: Selection, source: Table) -> Selection:
    """Columns that were transformed stay as the source has them; a row that is new gets the source's default there."""
    columns = tuple(
        Mapped(one.source, one.target, (), column.type)
        for one in selection.columns
        if one.source is not None and not one.transforms and (column := source.column(one.source)) is not None
    )
    return Selection(selection.target, selection.source, selection.target_key, columns, bytewise=selection.bytewise)


def one_way(selection: Selection, source: Catalogue) -> list[OneWay]:
    """For people, at planning: what a rollback after the hand-over will not bring back."""
    table = source.tables[selection.source]
    returns = {one.source for one in selection.columns if not one.transforms}
    found = [
        OneWay(selection.source, one.target, "It is transformed on its way, and nothing takes that back.")
        for one in selection.columns
        if one.transforms
    ]
    for column in table.columns:
        needed = not column.nullable and column.default is None and column.generated is Generated.NO
        if needed and column.name not in returns:
            reason = "The source needs a value, has no default, and nothing that the target holds becomes it."
            found.append(OneWay(selection.source, column.name, reason, blocks=True))
    if selection.where:
        reason = "Only some rows are moved: a new row at the target may have the key of one that stayed."
        found.append(OneWay(selection.source, "", reason))
    return found
