"""The connection of a session store in PostgreSQL."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from migrations_app.stores.connections import postgres
from migrations_app.stores.connections.postgres import Connection, Server
from migrations_app.stores.sessions.configuration import StoreConfig


def connect(config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool) -> Connection:
    """An autocommit connection; the server itself refuses writes of a read-only one."""
    return postgres.connect(_server(config), secrets.get("password", ""), read_only=read_only)


def domain_errors(config: StoreConfig) -> AbstractContextManager[None]:
    """Turns the driver's errors into the engine's. Messages name server and table, never a key or value."""
    return postgres.domain_errors(_server(config))


def _server(config: StoreConfig) -> Server:
    return Server(
        config["host"], config["port"], config["database"], config["username"], config["tls"], config["table"]
    )
