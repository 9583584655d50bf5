"""What of a mapping cannot arrive as it is, by the two catalogues alone: no row is looked at (`traps.py` does)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from migrations_app.stores.tables.becoming import SQLITE, transformed
from migrations_app.stores.tables.schema import AS_MADE, Catalogue, Column, ColumnType, Generated, Table, TypeKind
from migrations_app.stores.tables.selection import AS_TEXT, Mapped, Selection, TransformKind
from migrations_app.stores.tables.traps import last_character


class Severity(StrEnum):
    """An error cannot be planned. With a warning something changes, or rows may be refused."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Incompatible:
    """`table` and `column` by the target's names; column '' is the whole table, table '' the whole database."""

    table: str
    column: str
    severity: Severity
    code: str
    message: str
    fix: str = ""


_MAKES_TEXT = (
    TransformKind.CONSTANT,
    TransformKind.TRIM,
    TransformKind.LOWER,
    TransformKind.UPPER,
    TransformKind.CUT,
)
_BY_VALUE = "Look at what the planning found of its rows; correct them there, or give the column a transform."
_WIDER = "Widen the target's column, or look at what the planning found of its rows."
# What a kind of PostgreSQL becomes by itself, and what of it is to be known; '' is nothing.
_BECOMES = {
    (TypeKind.BOOLEAN, TypeKind.INTEGER): "true becomes 1, false 0",
    (TypeKind.INTEGER, TypeKind.BOOLEAN): "only 0 and 1 can be told as true or false",
    (TypeKind.INTEGER, TypeKind.DECIMAL): "",
    (TypeKind.INTEGER, TypeKind.FLOAT): "beyond 2**53 not every number has a float",
    (TypeKind.DECIMAL, TypeKind.INTEGER): "only whole numbers fit",
    (TypeKind.DECIMAL, TypeKind.FLOAT): "digits beyond the fifteenth are lost",
    (TypeKind.FLOAT, TypeKind.DECIMAL): "each is written with the digits that tell it from its neighbours",
    (TypeKind.FLOAT, TypeKind.INTEGER): "only whole numbers fit",
    (TypeKind.DATE, TypeKind.TIMESTAMP): "a day becomes its midnight",
    (TypeKind.INSTANT, TypeKind.TIMESTAMP): "the time is written in UTC, and the zone is lost",
    (TypeKind.TEXT, TypeKind.UUID): "only what is written as a UUID fits",
    (TypeKind.TEXT, TypeKind.OTHER): "only what the type can be read from fits",
    (TypeKind.OTHER, TypeKind.TEXT): "it arrives as its text",
}


def problems(source: Catalogue, target: Catalogue, selections: Sequence[Selection]) -> list[Incompatible]:
    """All of them, tables in the order of the selections. A table that the target lacks is judged as it will be."""
    moved = {each.target for each in selections}
    loose = set(target.details.get("not_transactional", "").split(", "))
    found = list(_of_databases(source, target))
    for selection in selections:
        held, there = source.tables[selection.source], target.tables.get(selection.target)
        found += _of_columns(source, selection, held)
        found += _of_key(source, selection, held)
        found += _of_table(selection, held, there, moved, loose, same=_engine(source) == _engine(target))
    return found


def _engine(catalogue: Catalogue) -> str:
    return catalogue.details.get("engine", "")


def _of_databases(source: Catalogue, target: Catalogue) -> Iterator[Incompatible]:
    if source.encoding == "SQL_ASCII":
        message = "The source does not know in which encoding its text is (SQL_ASCII)."
        yield Incompatible("", "", Severity.ERROR, "encoding", message, "Move it into a database with an encoding.")
    elif not target.encoding.upper().startswith("UTF"):
        message = f"The target's encoding {target.encoding} has not every character of {source.encoding}."
        fix = "Use a target in UTF8, or be sure that only its characters are used."
        yield Incompatible("", "", Severity.WARNING, "encoding", message, fix)
    for sentence in filter(None, target.details.get("cannot", "").split("\n")):
        yield Incompatible("", "", Severity.WARNING, "cannot", sentence, "")


def _of_columns(source: Catalogue, selection: Selection, held: Table) -> Iterator[Incompatible]:
    for mapped in selection.columns:
        column = held.column(mapped.source) if mapped.source is not None else None
        arrives = transformed(column.type if column else AS_TEXT, mapped.transforms)
        if arrives == AS_TEXT and any(each.kind in _MAKES_TEXT for each in mapped.transforms):
            continue  # it is read as whatever the target holds
        for severity, code, message, fix in _differences(arrives, mapped.type, _engine(source) == SQLITE):
            yield Incompatible(selection.target, mapped.target, severity, code, message, fix)


def _differences(held: ColumnType, wanted: ColumnType, by_value: bool) -> Iterator[tuple[Severity, str, str, str]]:
    if held.kind is not wanted.kind:
        yield from _other_kind(held, wanted, by_value)
    elif held.kind is TypeKind.ARRAY and held.element and wanted.element:
        yield from _differences(held.element, wanted.element, by_value)
    elif held.kind is TypeKind.JSON and held.native == "json" and wanted.native == "jsonb":
        message = "jsonb keeps the meaning of a document, not how it was written, and no NUL."
        yield Severity.WARNING, "meaning_only", message, "Make the target's column json to keep the text."
    elif not by_value:
        for what in _narrower(held, wanted):
            message = f"{_shown(wanted)} {what} than {_shown(held)}."
            yield Severity.WARNING, "narrower", message, _WIDER


def _other_kind(held: ColumnType, wanted: ColumnType, by_value: bool) -> Iterator[tuple[Severity, str, str, str]]:
    known = _BECOMES.get((held.kind, wanted.kind))
    change = f"{_shown(held)} becomes {_shown(wanted)}"
    if wanted.kind is TypeKind.ANY or known == "" or held.kind is TypeKind.ANY:
        return
    if known is not None:
        yield Severity.WARNING, "other_kind", f"{change}: {known}.", _BY_VALUE
    elif (held.kind, wanted.kind) == (TypeKind.TIMESTAMP, TypeKind.INSTANT):
        fix = "Give the column the transform time_zone: it says in which zone its times were meant."
        severity = Severity.WARNING if by_value else Severity.ERROR
        yield severity, "time_zone", f"{change}, and nobody said in which zone.", fix
    elif wanted.kind is TypeKind.TEXT and held.kind is not TypeKind.BYTES:
        yield Severity.WARNING, "other_kind", f"{change}: it arrives as its canonical text.", ""
    elif by_value and wanted.kind is not TypeKind.BYTES:
        yield Severity.WARNING, "other_kind", f"{change}: what can be read as one fits.", _BY_VALUE
    else:
        yield Severity.ERROR, "other_kind", f"{change}, which is not possible.", "Change the target's column."


def _narrower(held: ColumnType, wanted: ColumnType) -> Iterator[str]:
    if _less(wanted.bits, held.bits) or (wanted.unsigned and not held.unsigned):
        yield "holds fewer numbers"
    if wanted.kind is TypeKind.TEXT and last_character(wanted) is not None and last_character(held) is None:
        yield "has fewer characters"
    if _less(wanted.length, held.length):
        yield "holds less text"
    if held.kind is TypeKind.DECIMAL:
        before = (_before(wanted), _before(held))
        if _less(*before) or _less(wanted.scale if wanted.precision else None, held.scale if held.precision else None):
            yield "holds fewer digits"
    elif held.precision is not None and _less(wanted.precision, held.precision):
        yield "holds fewer digits of a second"


def _before(decimal: ColumnType) -> int | None:
    """Digits before the point."""
    return None if decimal.precision is None else decimal.precision - (decimal.scale or 0)


def _less(wanted: int | None, held: int | None) -> bool:
    """None is without a limit."""
    return wanted is not None and (held is None or wanted < held)


def _of_key(source: Catalogue, selection: Selection, held: Table) -> Iterator[Incompatible]:
    """Both sides are compared by it, so it has to be of one kind on both."""
    for name in selection.key:
        column = held.column(name)
        mapped = next(each for each in selection.columns if each.source == name and not each.transforms)
        if column is not None and column.type.kind is not mapped.type.kind:
            message = f"{_shown(column.type)} is another kind of key than {_shown(mapped.type)}."
            fix = "Give the target's column the same kind, or name another key."
            yield Incompatible(selection.target, mapped.target, Severity.ERROR, "key_kind", message, fix)


def _of_table(
    selection: Selection, held: Table, there: Table | None, moved: set[str], loose: set[str], *, same: bool
) -> Iterator[Incompatible]:
    if there is None:
        left = [name for kind in (held.checks, held.triggers) for name in kind]
        left += [each.name for each in held.built if not each.columns and not (same and each.definition)]
        if left:
            message = f"Not made there: {', '.join(left)} (checks, triggers, indexes of expressions or other methods)."
            yield _whole(selection, "not_made", message, "Make what is needed there yourself.")
        return
    yield from _unfilled(selection, there)
    if there.name in loose:
        message = "Its rows are there at once, whatever becomes of the transaction that brings them."
        fix = "Make it a table of InnoDB."
        yield Incompatible(selection.target, "", Severity.ERROR, "not_transactional", message, fix)
    if there.checks:
        message = f"Rows may be refused by its checks: {', '.join(there.checks)}."
        yield _whole(selection, "checks", message, "Look at them, and at the source's rows.")
    for key in there.foreign_keys:
        if key.table not in moved:
            message = f"“{key.name}” refers to {key.table}, which is not moved."
            yield _whole(selection, "reference", message, f"Move {key.table} too, or be sure of its rows.")


def _whole(selection: Selection, code: str, message: str, fix: str) -> Incompatible:
    return Incompatible(selection.target, "", Severity.WARNING, code, message, fix)


def _unfilled(selection: Selection, there: Table) -> Iterator[Incompatible]:
    mapped: dict[str, Mapped] = {each.target: each for each in selection.columns}
    for column in there.columns:
        if column.name in mapped and column.generated in AS_MADE:
            message = "The target makes its values itself."
            fix = "Leave the column out of the mapping."
            yield Incompatible(selection.target, column.name, Severity.ERROR, "generated", message, fix)
        elif column.name not in mapped and _needs_value(column):
            message = "The target asks for a value, and nothing is mapped to it."
            fix = "Map a column or a constant to it, or give it a default."
            yield Incompatible(selection.target, column.name, Severity.ERROR, "not_filled", message, fix)


def _needs_value(column: Column) -> bool:
    return not column.nullable and column.default is None and column.generated is Generated.NO


def _shown(of: ColumnType) -> str:
    return of.native or str(of.kind)
