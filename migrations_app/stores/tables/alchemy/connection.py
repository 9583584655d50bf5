"""A database of any other kind, through SQLAlchemy, that is connected at its first use."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from sqlalchemy import URL, Connection, Engine, create_engine, exc, pool

from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.stores.tables.alchemy.abilities import Abilities, abilities_of, name_of
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.configuration import OF_MYSQL, DatabaseConfig

ANSWERS_WITHIN_SECONDS = 10


class AlchemyConnected(Database):
    """What the modules of this folder share. `database.py` puts them together.

    Read-only is the read-only user's; beside that MySQL and MariaDB refuse writes themselves, others do not. There are
    up to three connections: for questions, for the stream of a table's rows, and for the transactions that write.
    """

    kind: ClassVar[str] = "sqlalchemy"

    def __init__(self, config: DatabaseConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._read_only = read_only
        reader = read_only and bool(config["readonly_username"])
        local = config["host"].startswith("/") and config.dialect in OF_MYSQL
        query = {"charset": "utf8mb4"} if config["driver"].endswith("+pymysql") else {}
        self._url = URL.create(
            config["driver"],
            username=config["readonly_username" if reader else "username"],
            password=secrets.get("readonly_password" if reader else "password") or None,
            host=None if local else config["host"],
            port=None if local else config["port"],
            database=config["database"],
            query={**query, "unix_socket": config["host"]} if local else query,
        )
        self._connection: Connection | None = None
        self._streaming: Connection | None = None
        self._writing: Connection | None = None

    def close(self) -> None:
        for name in ("_connection", "_streaming", "_writing"):
            self._close(name)

    def _close(self, name: str) -> None:
        connection: Connection | None = getattr(self, name)
        setattr(self, name, None)
        if connection is not None:
            with suppress(exc.SQLAlchemyError):
                connection.close()
            connection.engine.dispose()

    def _open(self) -> Connection:
        """In autocommit. Call it within `_errors`."""
        if self._connection is None or self._connection.invalidated:
            self._close("_connection")
            self._connection = self._connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _stream(self) -> Connection:
        """The one that rows are read from a page at a time, so that questions can be asked meanwhile."""
        if self._streaming is None or self._streaming.invalidated:
            self._close("_streaming")
            self._streaming = self._connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._streaming

    def _writer(self) -> Connection:
        """The one whose transactions write."""
        if self._writing is None or self._writing.invalidated:
            self._close("_writing")
            connection = self._connect()
            for statement in self._abilities(connection).writing:
                connection.exec_driver_sql(statement)
            connection.commit()
            self._writing = connection
        return self._writing

    def _connect(self) -> Connection:
        connection = self._engine().connect()
        abilities = self._abilities(connection)
        for statement in (*abilities.session, *(abilities.read_only if self._read_only else ())):
            connection.exec_driver_sql(statement)
        connection.commit()
        return connection

    def _abilities(self, connection: Connection) -> Abilities:
        return abilities_of(name_of(connection.dialect))

    def _engine(self) -> Engine:
        arguments: dict[str, Any] = {}
        if self._config["driver"].endswith("+pymysql"):
            arguments["connect_timeout"] = ANSWERS_WITHIN_SECONDS
            if self._config["tls"]:
                arguments["ssl"] = ssl.create_default_context()
        return create_engine(self._url, poolclass=pool.NullPool, connect_args=arguments)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turns SQLAlchemy's errors into the engine's. Messages name the server, never a statement or a value."""
        place = f"{self._config['driver']} at {self._config['host']}"
        try:
            yield
        except (exc.NoSuchModuleError, ImportError) as error:
            message = f"The driver {self._config['driver']} is not installed where Snakeweb runs."
            fix = "Install it there, or choose another driver."
            if self._config.dialect in OF_MYSQL:
                fix = "Install the extra snakeweb[mysql] there, and choose mysql+pymysql."
            raise ValidationFailed(
                message, problems=[Problem("config.driver", message, fix, type(error).__name__)]
            ) from None
        except (exc.ProgrammingError, exc.NoSuchTableError) as error:
            message = f"{place} refuses it: {_named(error)}."
            fix = "Correct the target's configuration and credentials, or grant the user what it needs."
            raise ValidationFailed(message, problems=[Problem("config", message, fix, type(error).__name__)]) from None
        except exc.SQLAlchemyError as error:
            raise DependencyUnavailable(f"{place} does not answer: {_named(error)}.") from None


def _named(error: exc.SQLAlchemyError) -> str:
    """The class of the driver's error, and its number where it has one."""
    origin = getattr(error, "orig", None) or error
    number = next(iter(getattr(origin, "args", ())), None)
    return f"{type(origin).__name__} {number}" if isinstance(number, int) else type(origin).__name__
