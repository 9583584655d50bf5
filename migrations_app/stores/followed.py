"""Stores whose calls are told to whoever follows the driver; where nobody does, the stores as they are."""

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

from migrations_app.engine.following import following
from migrations_app.engine.ports import Spans

S = TypeVar("S")
_NOT_CALLS = {"close"}


def followed(store: S, kind: str) -> S:
    """The very store. Each of its public methods is told by name; never with what it was given, which may be secret.

    Methods that yield are left alone: how long they last is their reader's doing.
    """
    spans = following()
    if spans.calls:
        for name in _operations(type(store)):
            setattr(store, name, _told(getattr(store, name), spans, kind, name))
    return store


def _operations(kind: type) -> Iterator[str]:
    for name, function in inspect.getmembers(kind, inspect.isfunction):
        if not name.startswith("_") and name not in _NOT_CALLS and not inspect.isgeneratorfunction(function):
            yield name


def _told(method: Callable[..., Any], spans: Spans, kind: str, name: str) -> Callable[..., Any]:
    @wraps(method)
    def call(*given: Any, **named: Any) -> Any:
        with spans.call(kind, name):
            return method(*given, **named)

    return call
