"""Connections to SQLite files, and the engine's errors for what the library raises."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from migrations_app.engine.errors import (
    DependencyUnavailable,
    InsufficientResources,
    Problem,
    ValidationFailed,
)

BUSY_SECONDS = 10.0


def connect(path: str, *, read_only: bool, create: bool = False) -> sqlite3.Connection:
    """In autocommit; a read-only connection is opened with `mode=ro`, which SQLite enforces.

    A file that is not there is an error unless `create`.
    """
    mode = "ro" if read_only else "rwc" if create else "rw"
    connection = sqlite3.connect(
        f"file:{quote(os.path.abspath(path))}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA query_only = ON" if read_only else "PRAGMA foreign_keys = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """The write lock from the first line on: what is read inside stays true until the commit."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def domain_errors(path: str, table: str = "") -> Iterator[None]:
    """Turns the library's errors into the engine's. Messages name file and table, never a key or value.

    `table`: the one of the target's configuration; '' for a whole database.
    """
    holder = f"the table “{table}”" if table else f"a table of {path}"
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise _not_usable("config.columns" if table else "config", f"{holder} refuses a record", error) from None
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise DependencyUnavailable(f"The SQLite file {path} stays locked by somebody else.") from None
        if "readonly" in text:
            raise _not_usable("config", f"the SQLite file {path} is open read-only", error) from None
        if "unable to open" in text:
            raise _not_usable("config.path", f"the SQLite file {path} cannot be opened", error) from None
        if "not a database" in text or "malformed" in text:
            raise _not_usable("config.path", f"{path} is no SQLite database", error) from None
        if "no such table" in text or "no such column" in text:
            raise _not_usable(
                "config.table" if table else "config", f"the SQLite file {path} lacks a table: {text}", error
            ) from None
        if "full" in text:
            raise InsufficientResources(f"There is no room left for {path}.") from None
        raise DependencyUnavailable(f"The SQLite file {path} failed: {text}.") from None
    except (OverflowError, UnicodeEncodeError) as error:
        raise _not_usable("config.columns" if table else "config", f"{holder} cannot hold a record", error) from None


def _not_usable(field: str, what: str, error: Exception) -> ValidationFailed:
    message = what[0].upper() + what[1:] + "."
    fix = "Correct the target's path, table and columns."
    return ValidationFailed(message, problems=[Problem(field, message, fix, type(error).__name__)])
