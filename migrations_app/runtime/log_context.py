"""What every line that this thread logs is about: the run and step it drives, the request or task it serves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

Fact = str | int
_NOTHING: Mapping[str, Fact] = MappingProxyType({})
_about: ContextVar[Mapping[str, Fact]] = ContextVar("about", default=_NOTHING)


@contextmanager
def bound(**facts: Fact) -> Iterator[None]:
    """While it lasts lines are about this too. A name that was bound before is covered."""
    before = _about.set({**_about.get(), **facts})
    try:
        yield
    finally:
        _about.reset(before)


def about() -> Mapping[str, Fact]:
    return _about.get()
