"""Who follows what this thread's driver does. Stores are opened far below whoever drives, so it is found by context.

A thread that an action starts is followed as well when it runs in a copy of the context (`contextvars.copy_context`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from migrations_app.engine.ports import Spans, Unfollowed

_following: ContextVar[Spans] = ContextVar("following", default=Unfollowed())  # noqa: B039  it holds nothing


def following() -> Spans:
    return _following.get()


@contextmanager
def followed_by(spans: Spans) -> Iterator[None]:
    before = _following.set(spans)
    try:
        yield
    finally:
        _following.reset(before)
