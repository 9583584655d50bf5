"""Connections to PostgreSQL, and the engine's errors for what the driver raises."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors

from migrations_app.engine.errors import (
    DependencyUnavailable,
    InsufficientResources,
    Problem,
    Timeout,
    ValidationFailed,
)

Connection = psycopg.Connection[tuple[Any, ...]]
Cursor = psycopg.Cursor[tuple[Any, ...]]

CONNECT_SECONDS = 5
SESSION = {
    "TimeZone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "120s",
    # A worker that freezes inside a transaction must not hold its fence against its successor.
    "idle_in_transaction_session_timeout": "10s",
    # Each statement sees what is committed by then; the fences rely on it, whatever the server's default.
    "default_transaction_isolation": "read\\ committed",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and as whom. `table`: the one that messages name; '' for a whole database."""

    host: str
    port: int
    database: str
    username: str
    tls: bool = False
    table: str = ""

    @property
    def place(self) -> str:
        return f"PostgreSQL at {self.host}:{self.port}"


def connect(
    server: Server,
    password: str,
    *,
    read_only: bool,
    session: Mapping[str, str] | None = None,
    connect_seconds: int = CONNECT_SECONDS,
) -> Connection:
    """An autocommit connection. A read-only one gets `default_transaction_read_only`, which the server enforces.

    `session`: settings beside or instead of those of `SESSION`, escaped as libpq's `options` want them; '' leaves one
    as the server has it.
    """
    settings = SESSION | dict(session or {}) | ({"default_transaction_read_only": "on"} if read_only else {})
    connection = psycopg.connect(
        host=server.host,
        port=server.port,
        dbname=server.database,
        user=server.username,
        password=password or None,
        sslmode="require" if server.tls else "prefer",
        connect_timeout=connect_seconds,
        client_encoding="utf8",
        application_name="snakeweb",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=30_000,
        options=" ".join(f"-c {name}={value}" for name, value in settings.items() if value),
        autocommit=True,
    )
    connection.prepare_threshold = 2
    return connection


def check_version(server_version: int) -> None:
    """Raises ValidationFailed for a server before 13 (130000), which lacks what our statements use."""
    if server_version < 130000:
        raise ValidationFailed(f"PostgreSQL {server_version // 10000} is too old; 13 is the oldest that works.")


@contextmanager
def domain_errors(server: Server) -> Iterator[None]:
    """Turns the driver's errors into the engine's. Messages name server and table, never a key or value."""
    place = server.place
    try:
        yield
    except errors.UndefinedTable as error:
        what = f"has no table “{server.table}”" if server.table else f"lacks a table: {_first_line(error)}"
        raise _not_usable(server, "table", f"{place} {what}", error) from None
    except (errors.UndefinedColumn, errors.UndefinedFunction, errors.DatatypeMismatch) as error:
        subject = f"the columns of “{server.table}” are" if server.table else f"a table of {place} is"
        what = f"{subject} not as the configuration says: {_first_line(error)}"
        raise _not_usable(server, "columns", what, error) from None
    except errors.InsufficientPrivilege as error:
        raise _not_usable(server, "username", f"{place} does not permit it: {_first_line(error)}", error) from None
    except errors.ReadOnlySqlTransaction as error:
        raise _not_usable(server, "", f"the connection to {place} is read-only", error) from None
    except (errors.DataError, errors.IntegrityError) as error:
        what = f"{f'“{server.table}”' if server.table else place} refuses a record: {type(error).__name__}"
        raise _not_usable(server, "columns", what, error) from None
    except (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected) as error:
        raise Timeout(f"{place} took too long: {_first_line(error)}.") from None
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise InsufficientResources(f"{place}: {_first_line(error)}.") from None
    except psycopg.OperationalError as error:
        problem = _login_problem(error)
        if problem:
            raise _not_usable(server, problem, f"{place} refuses the login: {_first_line(error)}", error) from None
        raise DependencyUnavailable(
            f"{place} does not answer: {_first_line(error)}", details={"store": "postgres", "host": server.host}
        ) from None
    except psycopg.Error as error:
        raise DependencyUnavailable(f"{place} failed: {_first_line(error)}") from None


def _login_problem(error: psycopg.OperationalError) -> str:
    """The field to correct when the server answered and refused the login; '' when it did not answer."""
    text = str(error)
    if isinstance(error, errors.InvalidCatalogName) or ("database" in text and "does not exist" in text):
        return "database"
    if "does not support SSL" in text:
        return "tls"
    words = ("authentication failed", "no password supplied", "no pg_hba.conf entry", 'role "')
    return "username" if any(word in text for word in words) else ""


def _not_usable(server: Server, field: str, what: str, error: Exception) -> ValidationFailed:
    """`field` of the configuration; what a whole database's configuration does not have is said of all of it."""
    fix = "Correct the target's configuration and credentials, or grant the user what is named."
    message = what[0].upper() + what[1:] + "."
    known = field and (server.table or field not in ("table", "columns"))
    path = f"config.{field}" if known else "config"
    return ValidationFailed(message, problems=[Problem(path, message, fix, type(error).__name__)])


def _first_line(error: psycopg.Error) -> str:
    """The primary message without quoted literals; details hold keys and values and are left out."""
    text = error.diag.message_primary or str(error).strip().split("\n")[0]
    return re.sub(r"'[^']*'", "…", text)[:300]
