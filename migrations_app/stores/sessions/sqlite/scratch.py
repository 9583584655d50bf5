"""The file of a rehearsal: its table is made by the target's own statements, and it is removed whole."""

import os
import sqlite3
from contextlib import closing, suppress

from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.sqlite.connection import connect, domain_errors

_MADE_BY = (
    "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL AND type IN ('table', 'index') "
    "ORDER BY type = 'index'"
)
BESIDE = ("-wal", "-shm", "-journal")


def create_like(connection: sqlite3.Connection, original: StoreConfig) -> None:
    """Within a transaction: the table of the original and its indexes, without its triggers."""
    with domain_errors(original), closing(connect(original, read_only=True)) as target:
        statements = [row[0] for row in target.execute(_MADE_BY, [original["table"]])]
    for statement in statements:
        connection.execute(statement)


def remove(path: str) -> None:
    """What lies beside the file goes first: a repeat after a crash goes by the file."""
    for name in (*(f"{path}{suffix}" for suffix in BESIDE), path):
        with suppress(FileNotFoundError):
            os.unlink(name)
