"""The JSON form of the analysis and back: field by field, nothing added and nothing lost."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

Facts = TypeVar("Facts")


def to_document(facts: Any) -> dict[str, Any]:
    """JSON-ready; enums are their texts, tuples are lists."""
    document: dict[str, Any] = dataclasses.asdict(facts)
    return document


def from_document(kind: type[Facts], document: Any) -> Facts:
    """Raises KeyError, TypeError or ValueError for what `to_document` did not make."""
    found: Facts = _made(kind, document)
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _made(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{one.name: _made(hints[one.name], value[one.name]) for one in dataclasses.fields(kind)})  # type: ignore[operator]
    if origin is tuple:
        return tuple(_made(arguments[0], one) for one in value)
    if origin in (types.UnionType, typing.Union):
        inner = next(one for one in arguments if one is not type(None))
        return None if value is None else _made(inner, value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if origin in (dict, list, Mapping) or kind is Any:
        return value
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
