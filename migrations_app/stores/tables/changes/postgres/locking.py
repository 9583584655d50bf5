"""Asking for locks without keeping the users of a table waiting behind the question."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import errors

from migrations_app.engine.errors import Timeout
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.changes.base import Patience

BETWEEN_SECONDS = (0.1, 0.5)


def patiently(connection: Connection, patience: Patience, work: Callable[[], None]) -> None:
    """`work` in a transaction that queues for no lock longer than it may; again until the patience is used up."""
    with held(connection, patience, work):
        pass


@contextmanager
def held(connection: Connection, patience: Patience, work: Callable[[], None]) -> Iterator[None]:
    """The same, and the block is part of the transaction. Raises Timeout with nothing done."""
    deadline = patience.deadline()
    while not _began(connection, patience, work):
        patience.alive()
        if time.monotonic() > deadline:
            raise Timeout(
                f"Somebody's transaction kept a table locked for {patience.seconds:.0f} s; nothing was changed.",
                recovery_actions=("Find the long transaction in pg_stat_activity and let it end, then try again.",),
            )
        time.sleep(random.uniform(*BETWEEN_SECONDS))  # noqa: S311 - no secret
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    connection.execute("COMMIT")


def _began(connection: Connection, patience: Patience, work: Callable[[], None]) -> bool:
    connection.execute("BEGIN")
    try:
        connection.execute(f"SET LOCAL lock_timeout = {patience.lock_ms}")
        work()
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        _roll_back(connection)
        return False
    except BaseException:
        _roll_back(connection)
        raise
    return True


def _roll_back(connection: Connection) -> None:
    # A server that ended the session has rolled it back already.
    with suppress(psycopg.Error):
        connection.execute("ROLLBACK")
