"""A database of any other kind, through SQLAlchemy, that is connected at its first use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import ClassVar

from sqlalchemy import URL, Connection, Engine, create_engine, exc, pool, text

from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.configuration import DatabaseConfig

# What makes the server itself refuse writes, where it has such a thing.
_READ_ONLY = {
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


class AlchemyConnected(Database):
    """What the modules of this folder share.

    Read-only is the read-only user's; beside that MySQL and MariaDB refuse writes themselves, others do not.
    """

    kind: ClassVar[str] = "sqlalchemy"

    def __init__(self, config: DatabaseConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._read_only = read_only
        reader = read_only and bool(config["readonly_username"])
        self._url = URL.create(
            config["driver"],
            username=config["readonly_username" if reader else "username"],
            password=secrets.get("readonly_password" if reader else "password") or None,
            host=config["host"],
            port=config["port"],
            database=config["database"],
        )
        self._connection: Connection | None = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(exc.SQLAlchemyError):
                connection.close()
            connection.engine.dispose()

    def _open(self) -> Connection:
        """In autocommit. Call it within `_errors`."""
        if self._connection is None or self._connection.invalidated:
            self.close()
            connection = self._engine().connect()
            self._connection = connection
            statement = _READ_ONLY.get(connection.dialect.name) if self._read_only else None
            if statement:
                connection.execute(text(statement))
        return self._connection

    def _engine(self) -> Engine:
        return create_engine(self._url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turns SQLAlchemy's errors into the engine's. Messages name the server, never a statement or a value."""
        place = f"{self._config['driver']} at {self._config['host']}"
        try:
            yield
        except (exc.NoSuchModuleError, ImportError) as error:
            message = f"The driver {self._config['driver']} is not installed where Snakeweb runs."
            fix = "Install it there, or choose another driver."
            raise ValidationFailed(
                message, problems=[Problem("config.driver", message, fix, type(error).__name__)]
            ) from None
        except (exc.ProgrammingError, exc.NoSuchTableError) as error:
            message = f"{place} refuses it: {type(getattr(error, 'orig', None) or error).__name__}."
            fix = "Correct the target's configuration and credentials, or grant the user what it needs."
            raise ValidationFailed(message, problems=[Problem("config", message, fix, type(error).__name__)]) from None
        except exc.SQLAlchemyError as error:
            name = type(getattr(error, "orig", None) or error).__name__
            raise DependencyUnavailable(f"{place} does not answer: {name}.") from None
