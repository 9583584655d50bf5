"""What an author writes about tables: read whole, with every problem at its place, before any database is looked at.

[{"source": "public.orders", "target": "orders", "key": ["id"],
  "columns": {"total": "amount", "note": {"source": "text", "transforms": ["trim", {"kind": "cut", "text": "80"}]},
              "secret": null},
  "where": [{"column": "year", "operator": ">=", "values": ["2020"]}]}]
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import unknown_keys
from migrations_app.stores.tables.selection import Condition, Operator, Transform, TransformKind

PATH = "parameters.tables"
MOST_TABLES = 10_000
_TABLE_KEYS = ("source", "target", "key", "columns", "where")
_NUMBERS = {TransformKind.CUT: re.compile(r"[0-9]{1,9}"), TransformKind.ROUND: re.compile(r"-?[0-9]{1,3}")}
_ZONE = re.compile(r"UTC|Z|[+-][0-9]{2}(:?[0-9]{2})?", re.IGNORECASE)
_WITH_TEXT = {
    TransformKind.CONSTANT,
    TransformKind.IF_NULL,
    TransformKind.NULL_IF,
    TransformKind.CUT,
    TransformKind.ROUND,
    TransformKind.TIME_ZONE,
}


@dataclass(frozen=True, slots=True)
class AskedColumn:
    """`source` is None where the column is made of a constant."""

    source: str | None
    transforms: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedTable:
    """`columns` by the target's name: None leaves one out, what is not named goes by its own name."""

    path: str
    source: str
    target: str = ""
    key: tuple[str, ...] = ()
    columns: Mapping[str, AskedColumn | None] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()


def read(given: Any) -> tuple[tuple[AskedTable, ...], list[Problem]]:
    """What can be read of it, and every problem. Nothing given is no table."""
    if not given:
        return (), []
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST_TABLES:
        return (), [Problem(PATH, "Tables are a list.", 'Write [{"source": "a table"}], or leave it empty.', "no_list")]
    problems: list[Problem] = []
    tables = [_table(each, f"{PATH}.{number}", problems) for number, each in enumerate(given)]
    return tuple(table for table in tables if table is not None), problems


def _table(given: Any, path: str, problems: list[Problem]) -> AskedTable | None:
    if isinstance(given, str):
        given = {"source": given}
    if not isinstance(given, Mapping) or not _is_name(given.get("source")):
        problems.append(Problem(path, "The table to move is not named.", 'Write {"source": "a table"}.', "required"))
        return None
    problems += unknown_keys(given, _TABLE_KEYS, path=path)
    target = given.get("target") or ""
    if target and not _is_name(target):
        problems.append(Problem(f"{path}.target", "This is no table's name.", "Write its name as text.", "no_name"))
        target = ""
    return AskedTable(
        path=path,
        source=given["source"],
        target=target,
        key=tuple(_key(given.get("key"), f"{path}.key", problems)),
        columns=dict(_columns(given.get("columns"), f"{path}.columns", problems)),
        where=tuple(_conditions(given.get("where"), f"{path}.where", problems)),
    )


def _key(given: Any, path: str, problems: list[Problem]) -> Iterator[str]:
    names = [given] if isinstance(given, str) else given or []
    if not isinstance(names, Sequence) or not all(map(_is_name, names)) or len(set(names)) < len(names):
        problems.append(Problem(path, "A key is a list of columns.", 'Write ["a column"].', "no_list"))
        return
    yield from names


def _columns(given: Any, path: str, problems: list[Problem]) -> Iterator[tuple[str, AskedColumn | None]]:
    if given is not None and not isinstance(given, Mapping):
        problems.append(Problem(path, "Columns are a map from the target's names.", 'Write {"new": "old"}.', "no_map"))
        return
    for name, wanted in (given or {}).items():
        at = f"{path}.{name}"
        if not _is_name(name):
            problems.append(Problem(path, "A column's name is not text.", "Put it in quotes.", "no_name"))
        elif wanted is None:
            yield name, None
        elif isinstance(wanted, str):
            yield name, AskedColumn(wanted)
        elif isinstance(wanted, Mapping):
            problems += unknown_keys(wanted, ("source", "transforms"), path=at)
            transforms = tuple(_transforms(wanted.get("transforms"), f"{at}.transforms", problems))
            source = wanted.get("source")
            constant = bool(transforms) and transforms[0].kind is TransformKind.CONSTANT
            if (source is None and not constant) or (source is not None and not _is_name(source)):
                fix = "Name the source's column, or begin the transforms with a constant."
                problems.append(Problem(f"{at}.source", "It is not said where its values come from.", fix, "required"))
            else:
                yield name, AskedColumn(source, transforms)
        else:
            problems.append(Problem(at, "This is no column.", 'Write "old", {"source": ...} or null.', "no_column"))


def _transforms(given: Any, path: str, problems: list[Problem]) -> Iterator[Transform]:
    if given is not None and (isinstance(given, str) or not isinstance(given, Sequence)):
        problems.append(Problem(path, "Transforms are a list.", 'Write ["trim"].', "no_list"))
        return
    for number, each in enumerate(given or []):
        at = f"{path}.{number}"
        if isinstance(each, str):
            each = {"kind": each}
        kind = each.get("kind") if isinstance(each, Mapping) else None
        if kind not in tuple(TransformKind):
            fix = f"Use one of: {', '.join(TransformKind)}."
            problems.append(Problem(at, "There is no such transform.", fix, "choice"))
            continue
        transform = Transform(TransformKind(kind), _word(each.get("text", "")))
        problem = _problem_with(transform, "text" in each)
        if problem:
            problems.append(Problem(f"{at}.text", problem, "Correct it.", "invalid"))
        elif transform.kind is TransformKind.CONSTANT and number:
            problems.append(Problem(at, "A constant stands first.", "Move it to the beginning.", "invalid"))
        else:
            yield transform


def _problem_with(transform: Transform, has_text: bool) -> str:
    if transform.kind in _WITH_TEXT and not has_text:
        return f"The transform “{transform.kind}” needs a text."
    if transform.kind not in _WITH_TEXT and transform.text:
        return f"The transform “{transform.kind}” takes no text."
    number = _NUMBERS.get(transform.kind)
    if number and not number.fullmatch(transform.text):
        return f"The transform “{transform.kind}” needs a number."
    if transform.kind is TransformKind.TIME_ZONE and not _ZONE.fullmatch(transform.text):
        return "Only UTC and offsets as +02:00 mean the same in every database."
    return ""


def _conditions(given: Any, path: str, problems: list[Problem]) -> Iterator[Condition]:
    if given is not None and (isinstance(given, str) or not isinstance(given, Sequence)):
        problems.append(Problem(path, "Conditions are a list.", 'Write [{"column": ..., ...}].', "no_list"))
        return
    for number, each in enumerate(given or []):
        at = f"{path}.{number}"
        if not isinstance(each, Mapping) or not _is_name(each.get("column")):
            problems.append(Problem(at, "A condition names a column.", 'Write {"column": ...}.', "required"))
            continue
        problems += unknown_keys(each, ("column", "operator", "values"), path=at)
        operator = each.get("operator")
        if operator not in tuple(Operator):
            fix = f"Use one of: {', '.join(Operator)}."
            problems.append(Problem(f"{at}.operator", "There is no such comparison.", fix, "choice"))
            continue
        values = each.get("values", [])
        values = list(values) if isinstance(values, Sequence) and not isinstance(values, str) else [values]
        wanted = 0 if Operator(operator) in (Operator.IS_NULL, Operator.NOT_NULL) else 1
        if operator == Operator.ONE_OF and not values:
            problems.append(Problem(f"{at}.values", "No value is named.", "Name one at least.", "required"))
        elif operator != Operator.ONE_OF and len(values) != wanted:
            fix = "Name one value." if wanted else "Leave the values away."
            problems.append(Problem(f"{at}.values", f"“{operator}” compares with {wanted} values.", fix, "invalid"))
        else:
            yield Condition(each["column"], Operator(operator), tuple(map(_word, values)))


def _word(value: Any) -> str:
    """Numbers and booleans of JSON as the canonical text that is meant."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value
