"""Rows of the source that the target will not take, found before anything is moved: one query a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from struct import pack, unpack
from typing import Protocol

from migrations_app.stores.tables.canonical import unescaped, unfit
from migrations_app.stores.tables.schema import Catalogue, ColumnType, Table, TypeKind
from migrations_app.stores.tables.selection import KeyValue, Selection

MOST_KEYS = 3


class Code(StrEnum):
    NULL = "null"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    TOO_PRECISE = "too_precise"
    NO_VALUE = "no_value"
    NUL = "nul"
    NOT_UTF8 = "not_utf8"
    NO_CHARACTER = "no_character"
    DUPLICATE = "duplicate"


MESSAGES: Mapping[Code, tuple[str, str]] = {
    Code.NULL: ("null, which the target does not take", "Give the column the transform if_null."),
    Code.TOO_LONG: ("longer than {0} allows", "Widen the target's column, or give it the transform cut."),
    Code.OUT_OF_RANGE: ("beyond what {0} holds", "Widen the target's column, or leave those rows out by a condition."),
    Code.TOO_PRECISE: ("more digits than {0} keeps", "Widen the target's column, or give it the transform round."),
    Code.NO_VALUE: ("no value of type {0}", "Correct them in the source, give a transform, or leave those rows out."),
    Code.NUL: ("a NUL character, which PostgreSQL's text cannot hold", "Give the column the transform remove_nul."),
    Code.NOT_UTF8: ("bytes that are no UTF-8", "Correct them in the source, or leave those rows out by a condition."),
    Code.NO_CHARACTER: (
        "characters that {0} lacks",
        "Make the target's column utf8mb4, or leave those rows out by a condition.",
    ),
    Code.DUPLICATE: ("equal values under {0}", "Make them differ in the source, or give the key up on the target."),
}
_UNFIT = {"it holds a NUL character": Code.NUL, "it is not UTF-8": Code.NOT_UTF8}
# What MySQL's smaller character sets hold: the greatest code point.
CHARACTER_SETS = {"utf8mb3": 0xFFFF, "utf8": 0xFFFF, "ucs2": 0xFFFF, "ascii": 0x7F}
_CLOCKS = (TypeKind.TIME, TypeKind.TIMESTAMP, TypeKind.INSTANT)


@dataclass(frozen=True, slots=True)
class Trap:
    """`rows` of the source's table have in `column` (both by the target's names) what the target will not take.

    `keys` are of some of them.
    """

    table: str
    column: str
    code: Code
    message: str
    rows: int
    fix: str
    keys: tuple[KeyValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """What the target asks of one column. `exact` is False where it is SQLite, which takes any value."""

    column: str
    type: ColumnType
    nullable: bool = True
    exact: bool = True


class Asked(Protocol):
    """A database, as far as this goes."""

    def traps(self, selection: Selection, target: Catalogue | None) -> list[Trap]: ...


def traps(database: Asked, selections: Sequence[Selection], target: Catalogue | None = None) -> list[Trap]:
    """All that is found of these tables. `target` says what may be null and what is unique there.

    Raises what the database's other methods raise.
    """
    return [trap for selection in selections for trap in database.traps(selection, target)]


def demands(selection: Selection, target: Catalogue | None) -> list[Demand]:
    """Of each mapped column, in the order of the selection."""
    there = target.tables.get(selection.target) if target else None
    exact = target is None or target.details.get("engine") != "sqlite"
    keys = set(selection.target_key)
    found = []
    for mapped in selection.columns:
        column = there.column(mapped.target) if there else None
        nullable = mapped.target not in keys and (column is None or column.nullable)
        found.append(Demand(mapped.target, mapped.type, nullable, exact))
    return found


def found(selection: Selection, column: str, code: Code, shown: str, rows: int, keys: Sequence[KeyValue]) -> Trap:
    message, fix = MESSAGES[code]
    return Trap(
        selection.target,
        column,
        code,
        f"{rows:,} row{'' if rows == 1 else 's'}: {message.format(shown)}",
        rows,
        fix,
        tuple(keys),
    )


def why_not(demand: Demand, text: str | None) -> Code | None:
    """Why the target does not take a canonical text of its kind; None where it does."""
    if text is None:
        return None if demand.nullable else Code.NULL
    if not demand.exact:
        return None
    reason = unfit(demand.type, text)
    if reason:
        return _UNFIT.get(reason, Code.NO_VALUE)
    return beyond(demand.type, text)


def beyond(wanted: ColumnType, text: str) -> Code | None:
    """Which limit of the type a canonical text passes."""
    match wanted.kind:
        case TypeKind.TEXT:
            return _beyond_text(wanted, text)
        case TypeKind.INTEGER if wanted.bits is not None:
            least, most = bounds(wanted)
            return None if least <= int(text) <= most else Code.OUT_OF_RANGE
        case TypeKind.DECIMAL if wanted.precision is not None and text != "NaN":
            return _beyond_digits(text, wanted.precision, wanted.scale or 0)
        case TypeKind.FLOAT if wanted.bits == 32:
            return _beyond_single(float(text))
    if wanted.kind in _CLOCKS and wanted.precision is not None:
        fraction = text.partition(".")[2]
        digits = len(fraction) - len(fraction.lstrip("0123456789"))
        return Code.TOO_PRECISE if digits > wanted.precision else None
    return None


def bounds(wanted: ColumnType) -> tuple[int, int]:
    """The least and the greatest number of an INTEGER with a limit."""
    most = 2 ** ((wanted.bits or 64) - 1)
    return (0 if wanted.unsigned else -most), most - 1


def last_character(wanted: ColumnType) -> int | None:
    """The greatest code point of a TEXT of one of MySQL's smaller character sets; None of all others."""
    _, _, charset = wanted.native.partition(" CHARACTER SET ")
    return CHARACTER_SETS.get(charset.partition(" ")[0])


def _beyond_text(wanted: ColumnType, text: str) -> Code | None:
    if wanted.length is not None and len(unescaped(text)) > wanted.length:
        return Code.TOO_LONG
    last = last_character(wanted)
    return Code.NO_CHARACTER if last is not None and max(map(ord, text), default=0) > last else None


def _beyond_digits(text: str, precision: int, scale: int) -> Code | None:
    if text.endswith("Infinity"):
        return Code.OUT_OF_RANGE
    whole, _, fraction = text.lstrip("-").partition(".")
    if len(fraction) > max(scale, 0):
        return Code.TOO_PRECISE
    if scale < 0 and whole.rstrip("0") != whole[: max(len(whole) + scale, 0)].rstrip("0"):
        return Code.TOO_PRECISE
    return Code.OUT_OF_RANGE if len(whole.lstrip("0")) > precision - scale else None


def _beyond_single(number: float) -> Code | None:
    if number != number or abs(number) == float("inf"):
        return None
    try:
        (single,) = unpack("<f", pack("<f", number))
    except OverflowError:
        return Code.OUT_OF_RANGE
    return None if single == number else Code.TOO_PRECISE


def folded_keys(selection: Selection, target: Catalogue | None) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Unique keys of the target that rows of the source may not fit: name, source columns, and the order they go by.

    Those are keys beside the source's own, and keys whose collation finds more values equal than their bytes do.
    """
    there = target.tables.get(selection.target) if target else None
    names = {one.target: one.source for one in selection.columns if one.source is not None and not one.transforms}
    for key in there.keys if there else ():
        columns = tuple(names[name] for name in key.columns if name in names and names[name] is not None)
        folds = next((order for order in map(_folding(there), key.columns) if order), "")
        if len(columns) == len(key.columns) and (folds or set(columns) != set(selection.key)):
            yield key.name, tuple(str(name) for name in columns), folds


def _folding(table: Table | None) -> Callable[[str], str]:
    def folds(name: str) -> str:
        column = table.column(name) if table else None
        order = column.collation if column else ""
        if order.endswith(":pads"):
            return "RTRIM"
        return order if order in ("NOCASE", "RTRIM") or order.endswith(":nondeterministic") else ""

    return folds
