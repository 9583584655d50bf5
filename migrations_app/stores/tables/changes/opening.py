"""The change log of a target's database."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.connections import postgres, sqlite
from migrations_app.stores.tables.canonical import text_factory
from migrations_app.stores.tables.changes.base import ChangeLog
from migrations_app.stores.tables.changes.postgres.log import PostgresChangeLog
from migrations_app.stores.tables.changes.sqlite.log import SqliteChangeLog
from migrations_app.stores.tables.configuration import DatabaseConfig, parse_config
from migrations_app.stores.tables.postgres.connection import SESSION

HAVE_ONE = ("postgres", "sqlite")


def open_change_log(
    config: Mapping[str, Any], secrets: Mapping[str, str], *, run: int, read_only: bool = False
) -> ChangeLog:
    """Of the run that the log belongs to. Raises ValidationFailed where the database can have none."""
    parsed = parse_config(config)
    if parsed.engine == "postgres":
        return _postgres(parsed, secrets, run, read_only=read_only)
    if parsed.engine == "sqlite":
        connection = sqlite.connect(parsed["path"], read_only=read_only)
        connection.text_factory = text_factory
        return SqliteChangeLog(connection, parsed["path"], run)
    message = f"A database of the engine “{parsed.engine}” has no change log."
    fix = "Copy while nobody writes (live: off), or follow a change column (live: change_column)."
    raise ValidationFailed(message, problems=[Problem("parameters.live", message, fix, "no_change_log")])


def _postgres(config: DatabaseConfig, secrets: Mapping[str, str], run: int, *, read_only: bool) -> ChangeLog:
    """As the user who may write, for looking too: rights to make triggers are looked at as that user."""
    server = postgres.Server(config["host"], config["port"], config["database"], config["username"], config["tls"])
    session = {**SESSION, "TimeZone": "UTC", "search_path": "pg_catalog"}
    connection = postgres.connect(server, secrets.get("password", ""), read_only=read_only, session=session)
    return PostgresChangeLog(connection, server, run)
