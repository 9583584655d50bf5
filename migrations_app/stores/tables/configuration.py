"""A database target's configuration: declared once, checked whole, turned into a typed value.

`{"engine": "postgres" | "sqlite" | "sqlalchemy", ...}`; passwords are never in it (they arrive as secrets
`{"password", "readonly_password"}`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse

_ADDRESS = (
    Field("username", FieldKind.TEXT, "User name", required=True, max_length=63),
    Field("readonly_username", FieldKind.TEXT, "Read-only user name", default="", max_length=63,
          help="A user that may only read, for looking, planning and dry runs."),
)  # fmt: skip
CONFIG_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "postgres": (
        Field("host", FieldKind.TEXT, "Host", required=True, max_length=253,
              help="A host name, or the directory of a Unix socket."),
        Field("port", FieldKind.INTEGER, "Port", default=5432, minimum=1, maximum=65535),
        Field("database", FieldKind.TEXT, "Database", required=True, max_length=63),
        *_ADDRESS,
        Field("tls", FieldKind.BOOLEAN, "Require TLS", default=False),
        Field("schemas", FieldKind.TEXT, "Schemas", default="public", max_length=1000,
              help="Whose tables are meant, with commas between them."),
    ),
    "sqlite": (
        Field("path", FieldKind.TEXT, "File", required=True, max_length=1000),
    ),
    "sqlalchemy": (
        Field("driver", FieldKind.TEXT, "Driver", required=True, max_length=60,
              help="As SQLAlchemy writes it: mysql+pymysql, mssql+pyodbc, oracle+oracledb. It has to be installed "
              "where Snakeweb runs. Rows move more slowly than between PostgreSQL and SQLite."),
        Field("host", FieldKind.TEXT, "Host", required=True, max_length=253,
              help="A host name; of MySQL and MariaDB also the path of a Unix socket."),
        Field("port", FieldKind.INTEGER, "Port", default=None, minimum=1, maximum=65535,
              help="Empty for the driver's own."),
        Field("database", FieldKind.TEXT, "Database", required=True, max_length=63),
        *_ADDRESS,
        Field("tls", FieldKind.BOOLEAN, "Require TLS", default=False,
              help="With mysql+pymysql. The server's certificate has to be one that this machine trusts."),
        Field("schemas", FieldKind.TEXT, "Schemas", default="", max_length=1000,
              help="Whose tables are meant, with commas between them. Empty for the user's own."),
    ),
}  # fmt: skip
OWN = ("postgres", "sqlite")  # the engines with drivers of Snakeweb's own
OF_MYSQL = ("mysql", "mariadb")
_DRIVER = re.compile(r"[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)?")
_OWN_ENGINES = {"postgresql": "postgres", "postgres": "postgres", "sqlite": "sqlite"}


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """A checked configuration."""

    engine: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def schemas(self) -> tuple[str, ...]:
        """In the order given; empty for SQLite, and for the user's own of another database."""
        return _names(self.values.get("schemas") or "")

    @property
    def dialect(self) -> str:
        """The first word of SQLAlchemy's driver, else the engine."""
        return str(self.values["driver"]).partition("+")[0] if self.engine == "sqlalchemy" else self.engine


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with a target's configuration, without connecting; fields are `config.host`."""
    return _parse(config)[1]


def parse_config(config: Mapping[str, Any]) -> DatabaseConfig:
    """Raises ValidationFailed with every problem."""
    parsed, problems = _parse(config)
    if parsed is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return parsed


def _parse(config: Mapping[str, Any]) -> tuple[DatabaseConfig | None, list[Problem]]:
    engine = str(config.get("engine", ""))
    if engine not in CONFIG_FIELDS:
        known = ", ".join(CONFIG_FIELDS)
        message = f"“{engine[:60]}” is no kind of database."
        return None, [Problem("config.engine", message, f"Use one of: {known}.", "choice")]
    flat = {name: value for name, value in config.items() if name != "engine"}
    values, problems = parse(CONFIG_FIELDS[engine], flat, path="config")
    if not problems:
        problems = [*_schema_problems(engine, values), *_driver_problems(engine, values)]
    return DatabaseConfig(engine, values), problems


def _schema_problems(engine: str, values: Mapping[str, Any]) -> list[Problem]:
    names = _names(values.get("schemas") or "")
    if engine == "postgres" and not names:
        return [Problem("config.schemas", "No schema is named.", "Name one at least, as public.")]
    return [
        Problem("config.schemas", f"“{name[:63]}” is no schema of tables.", "Name schemas that hold your tables.")
        for name in names
        if len(name.encode()) > 63 or "." in name or name.startswith("pg_") or name == "information_schema"
    ]


def _driver_problems(engine: str, values: Mapping[str, Any]) -> list[Problem]:
    """PostgreSQL and SQLite are reached by their own engines alone, whose rules a driver would get around."""
    if engine != "sqlalchemy":
        return []
    driver = values["driver"]
    own = _OWN_ENGINES.get(driver.partition("+")[0])
    if own:
        return [Problem("config.driver", f"“{driver}” is moved by an engine of its own.", f"Set engine to {own}.")]
    if not _DRIVER.fullmatch(driver):
        return [Problem("config.driver", "This is not a driver's name.", "Write it as in mysql+pymysql.")]
    if values["tls"] and not driver.endswith("+pymysql"):
        message = f"How {driver} speaks TLS is not known here."
        return [Problem("config.tls", message, "Switch it off, and have the server refuse what is not encrypted.")]
    return []


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
