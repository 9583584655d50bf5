"""Opening the two databases of a migration, with this worker's fence raised wherever it is going to write."""

from collections.abc import Iterator
from contextlib import contextmanager

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import Target
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.opening import open_database


@contextmanager
def reading(target: Target) -> Iterator[Database]:
    with open_database(target.config, target.secrets, read_only=True) as database:
        yield database


@contextmanager
def writing(ctx: ActionContext, role: str) -> Iterator[Database]:
    """A writable database that refuses, from now on, what earlier drivers of this run still want to write.

    Raises LeaseLost when a later driver was there first.
    """
    target = ctx.targets[role]
    with open_database(target.config, target.secrets) as database:
        database.raise_worker_fence(ctx.worker)
        yield database


def close_partitions(ctx: ActionContext, database: Database) -> None:
    """A partition's driver that was frozen in the middle of a chunk writes no more."""
    for worker in ctx.closed_partitions():
        database.raise_worker_fence(worker)
