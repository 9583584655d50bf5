"""A value as a tree of JSON: types are kept, nothing is pickled, and what is too large is cut and says so.

Each node is a list whose first item is its kind; `differing.py` outside reads them.
"""

import dataclasses
import datetime
import decimal
import enum
import fractions
import hashlib
import inspect
import pathlib
import re
import sys
import types
import uuid
from collections import abc
from typing import Any

DEEPEST = 40
MOST_NODES = 20_000
MOST_TEXT = 20_000
_TEXTS = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    pathlib.PurePath,
    range,
    slice,
    re.Pattern,
    re.Match,
)
_NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType)
_BASES: tuple[Any, ...] = (int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
_STREAMS = (abc.Iterator, abc.AsyncIterator, abc.Coroutine)


def encode(value: Any) -> list[Any]:
    """Never raises for what a value does; MemoryError passes."""
    return _Encoder().node(value, 0)


def type_name(kind: Any) -> str:
    return f"{getattr(kind, '__module__', '?')}.{getattr(kind, '__qualname__', '?')}"


class _Encoder:
    def __init__(self) -> None:
        self.nodes = 0
        self.open: list[Any] = []

    def node(self, value: Any, depth: int) -> list[Any]:
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            return ["cut", type_name(type(value))]
        kind = type(value)
        plain = _plain(value, kind)
        if plain is not None:
            return plain
        if any(value is one for one in self.open):
            return ["again", type_name(kind)]
        self.open.append(value)
        try:
            return self._whole(value, kind, depth + 1)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a hostile __getattr__, __iter__ ...
            return ["unreadable", type_name(kind), type_name(type(error))]
        finally:
            self.open.pop()

    def _whole(self, value: Any, kind: type, depth: int) -> list[Any]:
        if kind in (list, tuple, set, frozenset):
            return [kind.__name__, self._items(value, depth)]
        if kind is dict:
            return ["dict", self._pairs(value.items(), depth)]
        of_library = self._numpy(value, depth) or self._pandas(value, depth)
        if of_library:
            return of_library
        return self._known(value, kind, depth) or self._derived(value, kind, depth) or self._object(value, kind, depth)

    def _known(self, value: Any, kind: type, depth: int) -> list[Any] | None:
        """Of Python's own types those that a text says, and those of which only what they are can be said."""
        if isinstance(value, enum.Enum):
            return ["value", type_name(kind), value.name]
        if isinstance(value, _TEXTS):
            return ["value", type_name(kind), repr(value)[:MOST_TEXT]]
        if isinstance(value, BaseException):
            return ["error", type_name(kind), self.node(value.args, depth)]
        if isinstance(value, _NAMED):
            return ["name", type_name(kind), _qualified(value)]
        return ["stream", type_name(kind)] if isinstance(value, _STREAMS) else None

    def _derived(self, value: Any, kind: type, depth: int) -> list[Any] | None:
        """What is a text, number or container and more."""
        held: list[Any] | None = None
        for base in _BASES:
            if held is None and isinstance(value, base):
                if base is dict:
                    held = ["dict", self._pairs(value.items(), depth)]
                else:
                    held = _plain(base(value), base) or [base.__name__, self._items(value, depth)]
        return None if held is None else ["of", type_name(kind), held, self._state(value, depth)]

    def _object(self, value: Any, kind: type, depth: int) -> list[Any]:
        state = self._state(value, depth)
        return ["object", type_name(kind), state] if state else ["opaque", type_name(kind)]

    def _items(self, values: Any, depth: int) -> list[Any]:
        found: list[Any] = []
        for one in values:
            if self.nodes > MOST_NODES:
                found.append(["cut", f"{len(values)} in all"])
                break
            found.append(self.node(one, depth))
        return found

    def _pairs(self, pairs: Any, depth: int) -> list[Any]:
        found: list[Any] = []
        for key, value in pairs:
            if self.nodes > MOST_NODES:
                found.append([["cut", ""], ["cut", ""]])
                break
            found.append([self.node(key, depth), self.node(value, depth)])
        return found

    def _state(self, value: Any, depth: int) -> list[Any]:
        """Public attributes by their names, as they are stored; nothing is computed."""
        if dataclasses.is_dataclass(value):
            names = [one.name for one in dataclasses.fields(value)]
        else:
            names = list(getattr(value, "__dict__", {}))
            for kind in type(value).__mro__:
                slots = kind.__dict__.get("__slots__", ())
                names.extend([slots] if isinstance(slots, str) else slots)
        public = sorted({name for name in names if isinstance(name, str) and not name.startswith("_")})
        missing = object()
        held = [(name, inspect.getattr_static(value, name, missing)) for name in public]
        held = [
            (name, getattr(value, name, missing) if isinstance(found, types.MemberDescriptorType) else found)
            for name, found in held
        ]
        return [[name, self.node(found, depth)] for name, found in held if found is not missing]

    def _numpy(self, value: Any, depth: int) -> list[Any] | None:
        numpy = sys.modules.get("numpy")
        if numpy is None or not hasattr(numpy, "ndarray"):
            return None
        if isinstance(value, numpy.generic):
            return ["scalar", str(value.dtype), self.node(value.item(), depth)]
        if not isinstance(value, numpy.ndarray):
            return None
        mask = getattr(value, "mask", None) if type(value).__name__ == "MaskedArray" else None
        flat = numpy.asarray(value).ravel()
        room = max(1, MOST_NODES - self.nodes)
        # Of what is too much the beginning is compared within tolerances, and all of it by its bytes.
        whole = None if flat.size <= room or flat.dtype.hasobject else hashlib.sha256(flat.tobytes()).hexdigest()
        items = self._items(flat[:room].tolist(), depth)
        node = ["array", type_name(type(value)), str(value.dtype), list(value.shape), items, whole]
        return node if mask is None else [*node, self.node(numpy.asarray(mask), depth)]

    def _pandas(self, value: Any, depth: int) -> list[Any] | None:
        pandas = sys.modules.get("pandas")
        if pandas is None or not hasattr(pandas, "DataFrame"):
            return None
        if isinstance(value, pandas.DataFrame):
            columns = [self._column(value.iloc[:, number], depth) for number in range(value.shape[1])]
            return [
                "frame",
                list(value.shape),
                self._index(value.columns, depth),
                self._index(value.index, depth),
                columns,
            ]
        if isinstance(value, pandas.Series):
            return ["series", self.node(value.name, depth), self._index(value.index, depth), self._column(value, depth)]
        if isinstance(value, pandas.Index):
            return self._index(value, depth)
        if value is pandas.NaT or value is pandas.NA:
            return ["value", "pandas", repr(value)]
        return None

    def _column(self, series: Any, depth: int) -> list[Any]:
        return ["column", str(series.dtype), len(series), self._items(series.tolist(), depth)]

    def _index(self, index: Any, depth: int) -> list[Any]:
        names = self.node(list(index.names), depth)
        return ["index", type(index).__name__, str(index.dtype), names, self._items(index.tolist(), depth)]


def _plain(value: Any, kind: type) -> list[Any] | None:
    if value is None:
        return ["none"]
    if kind is bool:
        return ["bool", value]
    if kind is int:
        if value.bit_length() < 1000:
            return ["int", str(value)]
        return ["int", hex(value)[:MOST_TEXT], value.bit_length(), hash(value)]
    if kind is float:
        return ["float", repr(value)]
    if kind is complex:
        return ["complex", repr(value.real), repr(value.imag)]
    if kind is str:
        if len(value) <= MOST_TEXT:
            return ["str", value]
        whole = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return ["str", value[:MOST_TEXT], len(value), whole]
    if kind in (bytes, bytearray, memoryview):
        content = bytes(value)
        return ["bytes", kind.__name__, content[:MOST_TEXT].hex(), len(content), hashlib.sha256(content).hexdigest()]
    return None


def _qualified(value: Any) -> str:
    if isinstance(value, types.ModuleType):
        return value.__name__
    return type_name(value)
