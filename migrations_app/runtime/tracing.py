"""Traces of what this process does, if the settings name a receiver (`SNAKEWEB_TRACES_URL`); else nothing at all.

A trace goes over the database: whoever commits work puts `carried()` beside it, and whoever takes it up goes on from
there. What is written is the W3C's `traceparent`. Names of spans and their facts hold no value that anybody typed.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.utils.module_loading import import_string

from migrations_app.runtime.settings import traces_url

TRACEPARENT = "traceparent"
Facts = Mapping[str, str | int | bool]


class Span(Protocol):
    def add(self, facts: Facts) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, because: str) -> None: ...


class Tracer(Protocol):
    """`on` is False for the one that does nothing."""

    on: bool

    def span(self, name: str, facts: Facts, *, parent: str = "", quiet: bool = False) -> AbstractContextManager[Span]:
        """Beneath `parent`, else the current span, else the root of a new trace.

        A `quiet` root is told of only when something happened in it: a span of its own, or a context that was carried.
        """

    def over(
        self, name: str, facts: Facts, *, began: datetime, ended: datetime, parent: str = "", failed: str = ""
    ) -> str:
        """A span of the past. Returns its traceparent."""

    def current(self) -> str:
        """The traceparent of the current span, also when its trace is not kept; empty without one."""

    def shut(self) -> None:
        """Send what is left, for some seconds at most."""


class _NoSpan:
    def add(self, facts: Facts) -> None:
        return None

    def rename(self, name: str) -> None:
        return None

    def fail(self, because: str) -> None:
        return None


_NO_SPAN = nullcontext(_NoSpan())


class Off:
    on = False

    def span(self, name: str, facts: Facts, *, parent: str = "", quiet: bool = False) -> AbstractContextManager[Span]:
        return _NO_SPAN

    def over(
        self, name: str, facts: Facts, *, began: datetime, ended: datetime, parent: str = "", failed: str = ""
    ) -> str:
        return ""

    def current(self) -> str:
        return ""

    def shut(self) -> None:
        return None


OFF = Off()


@lru_cache(maxsize=1)
def tracer() -> Tracer:
    """Of this process; made at its first use, so that no thread starts with an import."""
    if not traces_url():
        return OFF
    # By name: what it needs takes half a second to load, and who traces nothing does not wait for it.
    made: Tracer = import_string("migrations_app.runtime.otlp.from_settings")()
    return made


_carried: ContextVar[str] = ContextVar("carried", default="")


@contextmanager
def carrying(traceparent: str) -> Iterator[None]:
    """While it lasts, committed work goes on from there, and not from the current span.

    A driver's own span is known to nobody before it ends; where the driver dies it never is.
    """
    before = _carried.set(traceparent)
    try:
        yield
    finally:
        _carried.reset(before)


def came_with() -> str:
    """What this thread's work goes on from: a span of another process, which is known by now whatever happens here."""
    return _carried.get()


def carried() -> str:
    """What to put beside work that is committed now; empty where nothing is traced."""
    return came_with() or tracer().current()
