"""Opening the two stores of a migration, with this worker's fence raised wherever it is going to write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import Target
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.base import SessionStore


def reader(target: Target) -> Callable[[], SessionStore]:
    """An opener of read-only stores, for a reading thread."""
    return lambda: open_store(target.config, target.secrets, read_only=True)


@contextmanager
def reading(target: Target) -> Iterator[SessionStore]:
    with open_store(target.config, target.secrets, read_only=True) as store:
        yield store


@contextmanager
def writing(ctx: ActionContext, role: str) -> Iterator[SessionStore]:
    """A writable store that refuses, from now on, what earlier drivers of this run still want to write.

    Raises LeaseLost when a later driver was there first.
    """
    target = ctx.targets[role]
    with open_store(target.config, target.secrets) as store:
        store.raise_worker_fence(ctx.worker)
        yield store
