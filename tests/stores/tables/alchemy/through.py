"""A SQLite file through SQLAlchemy, in place of a server: what every dialect shares is tried without one.

No target is configured so: `engine: sqlite` is for files.
"""

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, pool, types

from migrations_app.stores.tables.alchemy.database import AlchemyDatabase
from migrations_app.stores.tables.configuration import parse_config

CONFIG = {"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "db.example", "database": "shop", "username": "u"}


class SQLiteThroughAlchemy(AlchemyDatabase):
    def __init__(self, path: Path | str, *, read_only: bool = False, **config: Any) -> None:
        super().__init__(parse_config({**CONFIG, **config}), {"password": "secret"}, read_only=read_only)
        self._path = path

    def _engine(self) -> Engine:
        engine = create_engine(f"sqlite:///{self._path}", poolclass=pool.NullPool)
        # As they are declared by the tests of the other kinds of database.
        declared = {"REAL": types.Double, "TIMESTAMPTZ": partial(types.DateTime, timezone=True), "JSONB": types.JSON}
        engine.dialect.ischema_names = {**engine.dialect.ischema_names, **declared}
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions of its own, and late
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
