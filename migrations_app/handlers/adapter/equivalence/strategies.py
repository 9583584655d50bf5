"""From what is written of a parameter to the values that it may take. All are what JSON can say, and bytes."""

import ast
import base64
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

Values = SearchStrategy[Any]
LETTERS: Final = "abcxyzABZ 019,.;:-_/\\'\"\n\téßñ日本🙂"
_DEEPEST: Final = 4


def of_bytes(content: bytes) -> dict[str, str]:
    """How bytes are handed to the runner."""
    return {"__bytes__": base64.b64encode(content).decode()}


INTEGERS: Final[Values] = strategies.one_of(strategies.integers(0, 10), strategies.integers(-1_000, 1_000))
FLOATS: Final[Values] = strategies.one_of(
    strategies.floats(-1_000, 1_000, allow_nan=False), strategies.integers(-100, 100).map(lambda value: value / 4)
)
TEXTS: Final[Values] = strategies.lists(strategies.sampled_from(LETTERS), max_size=12).map("".join)
NUMBERS: Final[Values] = strategies.one_of(INTEGERS, FLOATS)
BYTES: Final[Values] = strategies.binary(max_size=16).map(of_bytes)
BOOLEANS: Final[Values] = strategies.booleans()
ITEMS: Final[Values] = strategies.one_of(INTEGERS, FLOATS, TEXTS, BOOLEANS, strategies.none())
ANYTHING: Final[Values] = strategies.one_of(
    ITEMS,
    strategies.lists(NUMBERS, max_size=6),
    strategies.lists(TEXTS, max_size=4),
    strategies.dictionaries(TEXTS, ITEMS, max_size=4),
)
NUMBER_LISTS: Final[Values] = strategies.lists(NUMBERS, min_size=1, max_size=8)
TABLES: Final[Values] = strategies.integers(1, 4).flatmap(
    lambda rows: strategies.dictionaries(
        strategies.sampled_from(["a", "b", "c", "key", "value"]),
        strategies.lists(FLOATS, min_size=rows, max_size=rows),
        min_size=1,
        max_size=3,
    )
)
ARRAYS: Final[Values] = strategies.one_of(
    NUMBER_LISTS,
    strategies.integers(1, 3).flatmap(
        lambda width: strategies.lists(
            strategies.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=3
        )
    ),
)
DATES: Final[Values] = strategies.one_of(
    strategies.datetimes().map(lambda value: value.isoformat()), strategies.dates().map(lambda value: value.isoformat())
)
JSON_TEXTS: Final[Values] = strategies.sampled_from(
    ["null", "true", "1", "1.5", '"text"', "[]", "[1, 2]", "{}", '{"a": [1, null]}', "{", ""]
)
NAMED: Final[dict[str, Values]] = {
    "int": INTEGERS,
    "float": NUMBERS,
    "complex": NUMBERS,
    "Number": NUMBERS,
    "Decimal": FLOATS,
    "str": TEXTS,
    "bytes": BYTES,
    "bytearray": BYTES,
    "bool": BOOLEANS,
    "None": strategies.none(),
    "ndarray": ARRAYS,
    "ArrayLike": ARRAYS,
    "NDArray": ARRAYS,
    "DataFrame": TABLES,
    "Series": NUMBER_LISTS,
    "datetime": DATES,
    "date": DATES,
    "list": strategies.lists(ITEMS, max_size=6),
    "tuple": strategies.lists(ITEMS, max_size=6),
    "dict": strategies.dictionaries(TEXTS, ITEMS, max_size=5),
}
_LISTS: Final = frozenset(
    {"list", "tuple", "sequence", "iterable", "collection", "set", "frozenset", "mutablesequence"}
)
_DICTS: Final = frozenset({"dict", "mapping", "mutablemapping", "defaultdict", "ordereddict", "typeddict"})
HINTED: Final[dict[str, Values]] = {
    "int": INTEGERS,
    "float": NUMBERS,
    "text": TEXTS,
    "list": strategies.one_of(NUMBER_LISTS, strategies.lists(ITEMS, max_size=6)),
    "dict": strategies.dictionaries(TEXTS, ITEMS, max_size=5),
    "array": ARRAYS,
    "table": TABLES,
    "date": DATES,
    "json": JSON_TEXTS,
    "bytes": BYTES,
}


def of_parameter(annotation: str | None, default: str | None, hints: Sequence[str], constants: Sequence[Any]) -> Values:
    """By its annotation; without one, mostly by its default and by how the body uses it. `constants` are those that
    the body compares it with."""
    found = _annotated(annotation)
    if found is None:
        kind = _type_of(default)
        guided = [HINTED[one] for one in hints] or ([NAMED[kind]] if kind in NAMED and kind != "None" else [])
        found = _mostly(strategies.one_of(*guided)) if guided else ANYTHING
    if constants:
        found = strategies.one_of(found, strategies.sampled_from([*constants]))
    return found


def _mostly(guided: Values) -> Values:
    """Three in four, as nothing says that this is all that it is called with."""
    return strategies.integers(0, 3).flatmap(lambda number: guided if number else ANYTHING)


def _annotated(annotation: str | None) -> Values | None:
    """None where there is none, or none that says anything."""
    if annotation is None:
        return None
    try:
        return _of(ast.parse(annotation, mode="eval").body, 0)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _of(node: ast.expr, depth: int) -> Values | None:
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Constant(value=None):
            return strategies.none()
        case ast.Constant(value=str(text)):
            return _annotated(text)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            lower = name.lower()
            return NAMED.get(name, NAMED["list"] if lower in _LISTS else NAMED["dict"] if lower in _DICTS else None)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right], depth)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _subscripted(name, items, depth + 1)
    return None


def _subscripted(name: str, items: list[ast.expr], depth: int) -> Values | None:
    lower = name.lower()
    if lower == "optional":
        return _either([*items, ast.Constant(value=None)], depth)
    if lower == "union":
        return _either(items, depth)
    if lower == "literal":
        written = [one.value for one in items if isinstance(one, ast.Constant)]
        safe = [of_bytes(one) if isinstance(one, bytes) else one for one in written]
        return strategies.sampled_from(safe) if safe else None
    if lower in ("annotated", "final", "required", "notrequired"):
        return _of(items[0], depth)
    if lower == "tuple" and not (len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...):
        return strategies.tuples(*(_item(one, depth) for one in items)).map(list)
    if lower in _LISTS:
        return strategies.lists(_item(items[0], depth), max_size=6)
    if lower in _DICTS:
        return strategies.dictionaries(TEXTS, _item(items[-1], depth), max_size=5)
    return NAMED.get(name)


def _either(nodes: Sequence[ast.expr], depth: int) -> Values:
    found = [_of(one, depth + 1) for one in nodes]
    return strategies.one_of(*(ANYTHING if one is None else one for one in found))


def _item(node: ast.expr, depth: int) -> Values:
    found = _of(node, depth)
    return ITEMS if found is None else found


def _type_of(default: str | None) -> str:
    """The name of the type of a literal."""
    if default is None:
        return ""
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    return "None" if value is None else type(value).__name__
