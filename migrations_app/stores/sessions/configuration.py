"""A session-store target's configuration: declared once, checked whole, turned into a typed value.

`{"store": "redis" | "postgres" | "sqlite" | "snapshot" | "beam", ...}`; passwords are never in it (they arrive as
secrets `{"password", "readonly_password"}`). SQL stores take `columns`, a mapping from a record's part to the column
that holds it: `{"key": "session_key", "value": "session_data", "expires_at": "expire_date"}`, or with a unit
`{"expires_at": {"column": "expires", "unit": "s"}}`. Without `columns` the table is Snakeweb's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from migrations_app.beam.address import NODE_FIELDS, node_problems
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse, unknown_keys
from migrations_app.stores.sessions.records import Codec

DEFAULT_TABLE = "snakeweb_sessions"
BY_TABLE, BY_CALLS = "table", "calls"  # how a session server on a node is reached
COLUMN_PARTS = (
    "key",
    "value",
    "codec",
    "created_at",
    "last_accessed_at",
    "ttl",
    "expires_at",
    "extra",
    "ver_epoch",
    "ver_seq",
)
# 53: the side table's name `<table>__snakeweb` must fit into PostgreSQL's 63 bytes.
_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,52}")
_CODEC = Field(
    "codec",
    FieldKind.CHOICE,
    "Codec",
    default="opaque",
    choices=tuple(Codec),
    help="How values are encoded. Opaque values are moved byte for byte and never looked into.",
)


class Unit(StrEnum):
    """How a column or field writes a time. `datetime`: a timestamp column, or ISO text in SQLite."""

    AUTO = "auto"
    MILLISECONDS = "ms"
    SECONDS = "s"
    DATETIME = "datetime"


CONFIG_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "redis": (
        Field("host", FieldKind.TEXT, "Host", required=True, max_length=253),
        Field("port", FieldKind.INTEGER, "Port", default=6379, minimum=1, maximum=65535),
        Field("db", FieldKind.INTEGER, "Database number", default=0, minimum=0, maximum=9999),
        Field("username", FieldKind.TEXT, "User name", default="", max_length=128, help="Empty for the default user."),
        Field("readonly_username", FieldKind.TEXT, "Read-only user name", default="", max_length=128,
              help="A user with read commands only, for dry runs."),
        Field("tls", FieldKind.BOOLEAN, "Use TLS", default=False),
        Field("prefix", FieldKind.TEXT, "Key prefix", default="session:", max_length=200,
              help="Sessions are the keys that begin with this; the rest of the key is the session id."),
        Field("layout", FieldKind.CHOICE, "Layout", default="string", choices=("string", "hash"),
              help="A session is a string, or a hash that holds the value in one of its fields."),
        _CODEC,
        Field("value_field", FieldKind.TEXT, "Hash field of the value", default="data", max_length=200),
        Field("created_field", FieldKind.TEXT, "Hash field of the creation time", default="", max_length=200),
        Field("accessed_field", FieldKind.TEXT, "Hash field of the last access", default="", max_length=200),
        Field("ttl_field", FieldKind.TEXT, "Hash field of the sliding length", default="", max_length=200),
        Field("time_unit", FieldKind.CHOICE, "Unit of times in hash fields", default="ms", choices=("ms", "s")),
    ),
    "postgres": (
        Field("host", FieldKind.TEXT, "Host", required=True, max_length=253,
              help="A host name, or the directory of a Unix socket."),
        Field("port", FieldKind.INTEGER, "Port", default=5432, minimum=1, maximum=65535),
        Field("database", FieldKind.TEXT, "Database", required=True, max_length=63),
        Field("username", FieldKind.TEXT, "User name", required=True, max_length=63),
        Field("tls", FieldKind.BOOLEAN, "Require TLS", default=False),
        Field("table", FieldKind.TEXT, "Table", default=DEFAULT_TABLE, max_length=127,
              help="`table` or `schema.table`."),
        Field("value_type", FieldKind.CHOICE, "Type of the value column", default="bytea",
              choices=("bytea", "jsonb", "text"), help="jsonb keeps a value's meaning, not its bytes."),
        _CODEC,
    ),
    "sqlite": (
        Field("path", FieldKind.TEXT, "File", required=True, max_length=1000),
        Field("table", FieldKind.TEXT, "Table", default=DEFAULT_TABLE, max_length=63),
        Field("value_type", FieldKind.CHOICE, "Type of the value column", default="blob", choices=("blob", "text")),
        _CODEC,
    ),
    "snapshot": (
        Field("path", FieldKind.TEXT, "File", required=True, max_length=1000,
              help="Nobody else may write there while its sessions are moved."),
        Field("format", FieldKind.CHOICE, "Format", default="ndjson", choices=("ndjson", "etf"),
              help="ndjson: lines of JSON, as backups have them. etf: Erlang terms, from and for a Snakepit node that "
              "cannot be reached; docs/adoption.md has the lines for its console."),
        replace(_CODEC, help="How values are encoded whose line says opaque. Opaque values are never looked into. "
                "With format etf leave it as it is: values are Erlang terms then."),
    ),
    "beam": (
        *NODE_FIELDS,
        Field("server", FieldKind.TEXT, "Session server", default="Elixir.Snakepit.Bridge.SessionStore", max_length=255,
              help="The registered process that owns the table."),
        Field("access", FieldKind.CHOICE, "Reached through", default=BY_TABLE, choices=(BY_TABLE, BY_CALLS),
              help="Its table, where nothing is touched; or its calls, for a store of another kind that answers "
              "Snakepit's: reading then renews each session, and writing makes what is left its length."),
        Field("table", FieldKind.TEXT, "ETS table", default="snakepit_sessions", max_length=200,
              help="Of a store that is reached through its table."),
        Field("gateway", FieldKind.TEXT, "Gateway", default="", max_length=500,
              help="The URL at which the node reaches a snakeweb-gateway that serves the new store: for going over "
              "without downtime to a store that it does not speak to itself. Its token is among the credentials."),
        replace(_CODEC, default="etf", choices=("etf",), help="A node's sessions are Erlang terms."),
    ),
}  # fmt: skip
WITH_COLUMNS = frozenset({"postgres", "sqlite"})


@dataclass(frozen=True, slots=True)
class ColumnName:
    column: str
    unit: Unit = Unit.AUTO


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """A checked configuration. `columns` is empty for Snakeweb's own table."""

    store: str
    values: Mapping[str, Any]
    columns: Mapping[str, ColumnName] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def codec(self) -> Codec:
        return Codec(self.values["codec"])


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with a configuration, without connecting; fields are `config.host`, `config.columns.key`."""
    return _parse(config)[1]


def parse_config(config: Mapping[str, Any]) -> StoreConfig:
    """Raises ValidationFailed with every problem."""
    parsed, problems = _parse(config)
    if parsed is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return parsed


def _parse(config: Mapping[str, Any]) -> tuple[StoreConfig | None, list[Problem]]:
    store = str(config.get("store", ""))
    if store not in CONFIG_FIELDS:
        known = ", ".join(CONFIG_FIELDS)
        return None, [
            Problem("config.store", f"“{store}” is no kind of session store.", f"Use one of: {known}.", "choice")
        ]
    flat = {name: value for name, value in config.items() if name not in ("store", "columns")}
    if store == "snapshot" and flat.get("format") == "etf":
        flat = {"codec": "etf", **flat}
    values, problems = parse(CONFIG_FIELDS[store], flat, path="config")
    columns: dict[str, ColumnName] = {}
    if store in WITH_COLUMNS:
        columns, more = _columns(config.get("columns") or {})
        problems += more
    elif config.get("columns"):
        problems.append(Problem("config.columns", "Such a store has no columns.", "Remove it."))
    if not problems:
        problems += _contradictions(store, values, columns)
    return StoreConfig(store, values, columns), problems


def _columns(raw: Any) -> tuple[dict[str, ColumnName], list[Problem]]:
    path = "config.columns"
    if not isinstance(raw, Mapping):
        return {}, [Problem(path, "Columns are a mapping from a part of the session to a column.", "Write {key: ...}.")]
    columns: dict[str, ColumnName] = {}
    problems = unknown_keys(raw, COLUMN_PARTS, path=path)
    for part, given in raw.items():
        name, unit = (given.get("column"), given.get("unit", "auto")) if isinstance(given, Mapping) else (given, "auto")
        if not isinstance(name, str) or not name or len(name) > 63 or set(name) & {"\0", "%"}:
            problems.append(Problem(f"{path}.{part}", "This is not a column's name.", "Write the column's name."))
        elif unit not in tuple(Unit):
            problems.append(
                Problem(f"{path}.{part}.unit", f"“{unit}” is not a unit.", f"Use one of: {', '.join(Unit)}.", "choice")
            )
        elif part in COLUMN_PARTS:
            columns[part] = ColumnName(name, Unit(unit))
    if raw:
        problems += [
            Problem(
                f"{path}.{part}", f"The column of the {part} is not named.", f"Name the column that holds the {part}."
            )
            for part in ("key", "value")
            if part not in raw
        ]
    if ("ver_epoch" in columns) != ("ver_seq" in columns):
        problems.append(Problem(path, "A version needs both columns.", "Name ver_epoch and ver_seq, or neither."))
    names = [column.column for column in columns.values()]
    if len(set(names)) < len(names):
        problems.append(Problem(path, "Two parts share one column.", "Give every part a column of its own."))
    return columns, problems


def _contradictions(store: str, values: Mapping[str, Any], columns: Mapping[str, ColumnName]) -> list[Problem]:
    problems = []
    if store in WITH_COLUMNS and not _TABLE.fullmatch(values["table"]):
        problems.append(
            Problem(
                "config.table",
                "This is not a table's name.",
                "Use letters, digits and _, 53 at most; one dot, for the schema.",
            )
        )
    if values.get("value_type") == "jsonb" and values["codec"] != "json":
        problems.append(
            Problem("config.codec", "A jsonb column can hold JSON only.", "Set codec to json, or value_type to bytea.")
        )
    if store == "snapshot" and values["path"].endswith((".snakeweb", ".snakeweb.new")):
        problems.append(
            Problem("config.path", "Such names are Snakeweb's own, beside a snapshot.", "Choose another name.")
        )
    if store == "snapshot" and values["format"] == "etf" and values["codec"] != "etf":
        problems.append(
            Problem("config.codec", "Values of a file of Erlang terms are Erlang terms.", "Set codec to etf.")
        )
    if store == "beam":
        problems += _node_contradictions(values)
    if store == "redis" and values["prefix"].startswith("snakeweb:"):
        problems.append(
            Problem("config.prefix", "Keys under “snakeweb:” are Snakeweb's own.", "Choose another prefix.")
        )
    if store == "redis" and values["layout"] == "hash":
        named = [values[f"{part}_field"] for part in ("value", "created", "accessed", "ttl") if values[f"{part}_field"]]
        if len(set(named)) < len(named):
            problems.append(
                Problem("config.layout", "Two parts share one hash field.", "Give every part its own field.")
            )
    return problems


def _node_contradictions(values: Mapping[str, Any]) -> list[Problem]:
    problems = node_problems(values)
    if values["gateway"] and not re.fullmatch(r"https?://[^\s/?#]+", values["gateway"]):
        problems.append(
            Problem("config.gateway", "This is not a gateway's URL.", "Write http://host:port, without a path.")
        )
    return problems
