"""Clients for Redis targets: writable ones, and read-only ones that let no other command out of the process."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool, SSLConnection
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ConnectionError,  # noqa: A004 - the client's own name for it
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004
)
from redis.retry import Retry

from migrations_app.engine.errors import (
    DependencyUnavailable,
    InsufficientResources,
    LeaseLost,
    MigrationError,
    Problem,
    ValidationFailed,
)
from migrations_app.stores.sessions.configuration import StoreConfig

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
STALE_MARK = "SNAKEWEBSTALE"

READ_COMMANDS = frozenset(
    b"AUTH DBSIZE EVAL_RO EXISTS GET HELLO HGETALL HMGET INFO MGET PEXPIRETIME PING PTTL QUIT SCAN SELECT TIME "
    b"TYPE".split()
)
NAMING_COMMANDS = (b"CLIENT SETINFO", b"CLIENT SETNAME")


class WriteRefused(ResponseError):
    """A read-only client was asked to send something that is no read command."""


class _ReadOnly:
    """Looks at every command before it is packed, those of pipelines too."""

    def pack_command(self, *args: Any) -> Any:
        refuse_writes(args)
        return super().pack_command(*args)  # type: ignore[misc]

    def pack_commands(self, commands: Any) -> Any:
        commands = list(commands)
        for args in commands:
            refuse_writes(args)
        return super().pack_commands(commands)  # type: ignore[misc]

    def send_command(self, *args: Any, **kwargs: Any) -> Any:
        refuse_writes(args)
        return super().send_command(*args, **kwargs)  # type: ignore[misc]


class ReadOnlyConnection(_ReadOnly, Connection):
    pass


class ReadOnlyTLSConnection(_ReadOnly, SSLConnection):
    pass


def refuse_writes(args: tuple[Any, ...]) -> None:
    words = b" ".join(word if isinstance(word, bytes) else str(word).encode() for word in args[:2]).upper()
    name = words.split()[0]
    if name not in READ_COMMANDS and not words.startswith(NAMING_COMMANDS):
        raise WriteRefused(f"{name.decode()} is no read command; this connection is read-only")


def connect(
    config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool, answer_seconds: float | None = None
) -> redis.Redis:
    """A client with one lazy connection. In a read-only client the read-only user is used when one is configured.

    An answer is waited for ANSWER_SECONDS where the caller says nothing of it.
    """
    patience = ANSWER_SECONDS if answer_seconds is None else answer_seconds
    username, password = config["username"], secrets.get("password", "")
    if read_only and config["readonly_username"]:
        username, password = config["readonly_username"], secrets.get("readonly_password", "")
    classes = (ReadOnlyConnection, ReadOnlyTLSConnection) if read_only else (Connection, SSLConnection)
    pool = ConnectionPool(
        connection_class=classes[1] if config["tls"] else classes[0],
        host=config["host"],
        port=config["port"],
        db=config["db"],
        username=username or None,
        password=password or None,
        protocol=2,
        socket_connect_timeout=min(CONNECT_SECONDS, patience),
        socket_timeout=patience,
        socket_keepalive=True,
        # One retry bridges a connection that a server restart closed; every command we send may be repeated.
        retry=Retry(NoBackoff(), 1),
        max_connections=1,
    )
    return redis.Redis(connection_pool=pool)


@contextmanager
def domain_errors(config: StoreConfig) -> Iterator[None]:
    """Turns the client's errors into the engine's."""
    try:
        yield
    except RedisError as error:
        raise domain_error(config, error) from None


def domain_error(config: StoreConfig, error: RedisError) -> MigrationError:
    """The engine's error for a client's. Messages name the server, never a key."""
    place = f"Redis at {config['host']}:{config['port']}"
    text = _first_words(error)
    match error:
        case AuthenticationError() | AuthorizationError():
            return _not_usable(place, "config.username", "refused the user name or password", error)
        case NoPermissionError():
            return _not_usable(place, "config.username", f"does not permit it: {text}", error)
        case WriteRefused():
            return _not_usable(place, "config", f"was opened read-only: {error}", error)
        case ReadOnlyError():
            return _not_usable(place, "config.host", "is a read-only replica", error)
        case ConnectionError() | TimeoutError():
            # Also BusyLoadingError: a server that still loads its data is not there yet.
            details = {"store": "redis", "host": config["host"]}
            return DependencyUnavailable(f"{place} does not answer: {text}", details=details)
        case OutOfMemoryError():
            return InsufficientResources(f"{place} has no memory left for more sessions.")
        case ResponseError():
            return _answered(place, str(error), error)
        case _:
            return DependencyUnavailable(f"{place} failed: {text}")


def _answered(place: str, text: str, error: ResponseError) -> MigrationError:
    if STALE_MARK in text:
        return _stale(text)
    if "DB index is out of range" in text or "invalid DB index" in text:
        return _not_usable(place, "config.db", "has no database of that number", error)
    if "WRONGPASS" in text or "AUTH" in text:
        return _not_usable(place, "config.username", "refused the user name or password", error)
    if "OOM command not allowed" in text:  # as an older server words it inside a script
        return InsufficientResources(f"{place} has no memory left for more sessions.")
    return DependencyUnavailable(f"{place} answered with an error: {_first_words(error)}")


def _not_usable(place: str, field: str, what: str, error: Exception) -> ValidationFailed:
    fix = "Correct the target's address and credentials, or grant the user what is named."
    return ValidationFailed(
        f"{place} {what}.", problems=[Problem(field, f"{place} {what}.", fix, type(error).__name__)]
    )


def _stale(text: str) -> LeaseLost:
    found = re.search(rf"{STALE_MARK} (\d*)", text)
    known = int(found[1]) if found and found[1] else None
    what = "no token" if known is None else f"token {known}"
    return LeaseLost(f"Redis knows {what} for this scope; nothing was written.", details={"known": known})


def _first_words(error: Exception) -> str:
    """The error's text without what may hold a key: quoted parts are cut out."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`?", "…", str(error))[:200]


def info(client: redis.Redis, section: str = "") -> dict[str, Any]:
    """INFO as a mapping; numbers where the client parses them."""
    found: dict[str, Any] = client.info(section) if section else client.info()
    return found
