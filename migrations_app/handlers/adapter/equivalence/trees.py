"""The trees of `inside/encoding.py`: where two of them part.

Types count: a bool is no int, a list no tuple, an array has its dtype and shape. Floats are compared with a tolerance,
and NaN equals NaN. The order of dicts and sets does not count, as Elixir's maps have none.
"""

import math
from collections.abc import Sequence
from typing import Final

from migrations_app.handlers.adapter.equivalence.report import Tolerance
from migrations_app.handlers.adapter.equivalence.writing import Tree, key_of, written

_PRECISION: Final = {"float16": 1e-3, "float32": 1e-6, "complex64": 1e-6}


def parts(left: Tree, right: Tree, tolerance: Tolerance) -> str:
    """Where they part, as `['numbers'][0]: 1.0 and 2.0`; '' where nowhere. Raises ValueError for what is no tree."""
    try:
        return _Comparison(tolerance).node(left, right, "")
    except (TypeError, IndexError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error


class _Comparison:
    def __init__(self, tolerance: Tolerance) -> None:
        self._relative, self._absolute = tolerance.relative, tolerance.absolute

    def node(self, left: Tree, right: Tree, where: str) -> str:
        if left == right and "cut" not in (left[0], right[0]):
            return ""
        if left[0] != right[0]:
            return _part(where, f"{_type(left)} and {_type(right)}", left, right)
        match left[0]:
            case "float" | "complex":
                numbers = zip(left[1:], right[1:], strict=True)
                near = all(self._near(float(one), float(other), 0.0) for one, other in numbers)
                return "" if near else _part(where, "", left, right)
            case "list" | "tuple":
                return self._items(left[1], right[1], where, left, right)
            case "set" | "frozenset":
                return self._items(sorted(left[1], key=key_of), sorted(right[1], key=key_of), where, left, right)
            case "dict":
                return self._pairs(left[1], right[1], where)
            case "array":
                return self._array(left, right, where)
            case "frame" | "series" | "column" | "index":
                return self._pandas(left, right, where)
            case "cut" if left[1] == right[1]:
                return ""
            case "of" | "object" | "error" | "scalar" if left[1] == right[1]:
                return self._of_one_type(left, right, where)
            case "of" | "object" | "error" | "scalar":
                return _part(where, f"{left[1]} and {right[1]}", left, right)
        return _part(where, "", left, right)

    def _of_one_type(self, left: Tree, right: Tree, where: str) -> str:
        match left[0]:
            case "of":
                return self.node(left[2], right[2], where) or self._state(left[3], right[3], where)
            case "object":
                return self._state(left[2], right[2], where)
            case "error":
                return self.node(left[2], right[2], f"{where}.args")
        return self._item(left[2], right[2], left[1], where)

    def _near(self, left: float, right: float, precision: float) -> bool:
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return math.isclose(left, right, rel_tol=max(self._relative, precision), abs_tol=self._absolute)

    def _item(self, left: Tree, right: Tree, dtype: str, where: str) -> str:
        """An element of an array or a column, with the precision of its dtype."""
        precision = _PRECISION.get(dtype.lower(), 0.0)
        if left[0] == right[0] == "float" and self._near(float(left[1]), float(right[1]), precision):
            return ""
        return self.node(left, right, where)

    def _items(
        self, left: Sequence[Tree], right: Sequence[Tree], where: str, one: Tree, other: Tree, dtype: str = ""
    ) -> str:
        for number, (mine, theirs) in enumerate(zip(left, right, strict=False)):
            if found := self._item(mine, theirs, dtype, f"{where}[{number}]"):
                return found
        return "" if len(left) == len(right) else _part(where, f"{len(left)} items and {len(right)}", one, other)

    def _pairs(self, left: Sequence[Tree], right: Sequence[Tree], where: str) -> str:
        mine, theirs = (
            {key_of(key): (key, value) for key, value in left},
            {key_of(key): (key, value) for key, value in right},
        )
        for key in [*mine, *(one for one in theirs if one not in mine)]:
            name = written((mine.get(key) or theirs[key])[0])
            if key not in theirs or key not in mine:
                return f"{where}[{name}]: only {'custom' if key in mine else 'generic'} has it".lstrip()
            if found := self.node(mine[key][1], theirs[key][1], f"{where}[{name}]"):
                return found
        return ""

    def _state(self, left: Sequence[Tree], right: Sequence[Tree], where: str) -> str:
        mine, theirs = dict(map(tuple, left)), dict(map(tuple, right))
        for name in sorted(mine.keys() | theirs.keys()):
            if name not in mine or name not in theirs:
                return f"{where}.{name}: only {'custom' if name in mine else 'generic'} has it"
            if found := self.node(mine[name], theirs[name], f"{where}.{name}"):
                return found
        return ""

    def _array(self, left: Tree, right: Tree, where: str) -> str:
        for number, what in ((1, "type"), (2, "dtype"), (3, "shape")):
            if left[number] != right[number]:
                return f"{where}.{what}: {left[number]} and {right[number]}"
        if found := self._items(left[4], right[4], where, left, right, left[2]):
            return found
        if left[5] != right[5]:
            return f"{where}: they part behind the first {len(left[4]):,} elements, where only their bytes are compared"
        masks = left[6:], right[6:]
        return self._items(*masks, f"{where}.mask", left, right) if any(masks) else ""

    def _pandas(self, left: Tree, right: Tree, where: str) -> str:
        match left[0]:
            case "frame":
                if left[1] != right[1]:
                    return f"{where}.shape: {left[1]} and {right[1]}"
                columns = enumerate(zip(left[4], right[4], strict=True))
                both = [(left[2], right[2], f"{where}.columns"), (left[3], right[3], f"{where}.index")]
                both += [(one, other, f"{where}.iloc[:, {number}]") for number, (one, other) in columns]
            case "series":
                both = [(left[1], right[1], f"{where}.name"), (left[2], right[2], f"{where}.index")]
                both += [(left[3], right[3], where)]
            case "column":
                if left[1:3] != right[1:3]:
                    return f"{where}.dtype: {left[1]} of {left[2]} and {right[1]} of {right[2]}"
                return self._items(left[3], right[3], where, left, right, left[1])
            case _:
                if left[1:3] != right[1:3]:
                    return f"{where}: {left[1]} of {left[2]} and {right[1]} of {right[2]}"
                names = self.node(left[3], right[3], f"{where}.names")
                return names or self._items(left[4], right[4], where, left, right, left[2])
        return next((found for one, other, there in both if (found := self.node(one, other, there))), "")


def _type(tree: Tree) -> str:
    kind = str(tree[0])
    return (
        f"{kind} {tree[1]}"
        if kind in ("object", "of", "opaque", "value", "error", "name", "stream", "scalar")
        else kind
    )


def _part(where: str, why: str, left: Tree, right: Tree) -> str:
    place = f"{where}: " if where else ""
    texts = f"{_short(left)} and {_short(right)}"
    return f"{place}{why}: {texts}" if why else f"{place}{texts}"


def _short(tree: Tree) -> str:
    text = written(tree)
    return text if len(text) <= 120 else text[:119] + "…"
