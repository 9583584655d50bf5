"""Connections to PostgreSQL targets, and the engine's errors for what the driver raises."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from migrations_app.stores.sessions.configuration import StoreConfig

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


def connect(config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool) -> Connection:
    """An autocommit connection. A read-only one gets `default_transaction_read_only`, which the server enforces."""
    settings = SESSION | ({"default_transaction_read_only": "on"} if read_only else {})
    connection = psycopg.connect(
        host=config["host"],
        port=config["port"],
        dbname=config["database"],
        user=config["username"],
        password=secrets.get("password") or None,
        sslmode="require" if config["tls"] else "prefer",
        connect_timeout=CONNECT_SECONDS,
        client_encoding="utf8",
        application_name="snakeweb",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=30_000,
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        autocommit=True,
    )
    connection.prepare_threshold = 2
    return connection


def check_version(server_version: int) -> None:
    """Raises ValidationFailed for a server before 13 (130000), which lacks what our statements use."""
    if server_version < 130000:
        raise ValidationFailed(f"PostgreSQL {server_version // 10000} is too old; 13 is the oldest that works.")


@contextmanager
def domain_errors(config: StoreConfig) -> Iterator[None]:
    """Turns the driver's errors into the engine's. Messages name server and table, never a key or value."""
    place = f"PostgreSQL at {config['host']}:{config['port']}"
    table = config["table"]
    try:
        yield
    except errors.UndefinedTable as error:
        raise _not_usable("config.table", f"{place} has no table “{table}”", error) from None
    except (errors.UndefinedColumn, errors.UndefinedFunction, errors.DatatypeMismatch) as error:
        what = f"the columns of “{table}” are not as the configuration says: {_first_line(error)}"
        raise _not_usable("config.columns", what, error) from None
    except errors.InsufficientPrivilege as error:
        raise _not_usable("config.username", f"{place} does not permit it: {_first_line(error)}", error) from None
    except errors.ReadOnlySqlTransaction as error:
        raise _not_usable("config", f"the connection to {place} is read-only", error) from None
    except (errors.DataError, errors.IntegrityError) as error:
        what = f"“{table}” refuses a record: {type(error).__name__}"
        raise _not_usable("config.columns", what, error) from None
    except (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected) as error:
        raise Timeout(f"{place} took too long: {_first_line(error)}.") from None
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise InsufficientResources(f"{place}: {_first_line(error)}.") from None
    except psycopg.OperationalError as error:
        problem = _login_problem(error)
        if problem:
            raise _not_usable(problem, f"{place} refuses the login: {_first_line(error)}", error) from None
        raise DependencyUnavailable(
            f"{place} does not answer: {_first_line(error)}", details={"store": "postgres", "host": config["host"]}
        ) from None
    except psycopg.Error as error:
        raise DependencyUnavailable(f"{place} failed: {_first_line(error)}") from None


def _login_problem(error: psycopg.OperationalError) -> str:
    """The field to correct when the server answered and refused the login; '' when it did not answer."""
    text = str(error)
    if isinstance(error, errors.InvalidCatalogName) or ("database" in text and "does not exist" in text):
        return "config.database"
    if "does not support SSL" in text:
        return "config.tls"
    words = ("authentication failed", "no password supplied", "no pg_hba.conf entry", 'role "')
    return "config.username" if any(word in text for word in words) else ""


def _not_usable(field: str, what: str, error: Exception) -> ValidationFailed:
    fix = "Correct the target's configuration and credentials, or grant the user what is named."
    message = what[0].upper() + what[1:] + "."
    return ValidationFailed(message, problems=[Problem(field, message, fix, type(error).__name__)])


def _first_line(error: psycopg.Error) -> str:
    """The primary message without quoted literals; details hold keys and values and are left out."""
    text = error.diag.message_primary or str(error).strip().split("\n")[0]
    return re.sub(r"'[^']*'", "…", text)[:300]
