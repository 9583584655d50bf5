"""What MySQL and MariaDB say of themselves beyond what SQLAlchemy asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from migrations_app.engine.errors import Problem, ValidationFailed

STRICT = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL")
WHOLE = ("utf8mb4", "")  # character sets that have every character; '' is of what is no text
_SETTINGS = (
    "SELECT @@GLOBAL.sql_mode AS modes, @@GLOBAL.time_zone AS zone, @@GLOBAL.read_only AS read_only, "
    "@@character_set_database AS encoding, @@collation_database AS collation"
)
_TABLES = (
    "SELECT table_name, engine, table_rows, data_length, auto_increment FROM information_schema.tables "
    "WHERE table_schema = coalesce(:schema, database())"
)
_COLUMNS = (
    "SELECT table_name, column_name, character_set_name, collation_name FROM information_schema.columns "
    "WHERE table_schema = coalesce(:schema, database()) AND collation_name IS NOT NULL"
)
_TRIGGERS = (
    "SELECT event_object_table, trigger_name FROM information_schema.triggers "
    "WHERE trigger_schema = coalesce(:schema, database()) ORDER BY trigger_name"
)
_CHECKS = (
    "SELECT table_name, check_clause FROM information_schema.check_constraints "
    "WHERE constraint_schema = coalesce(:schema, database())"
)
_IS_JSON = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    time_zone: str
    encoding: str
    collation: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """`tables`: rows, bytes and the greatest number given, by name; `collated`: character set and collation by table
    and column; `documents`: the columns that MariaDB's JSON is made of."""

    tables: Mapping[str, tuple[int, int, int | None]] = field(default_factory=dict)
    collated: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    documents: frozenset[tuple[str, str]] = frozenset()
    not_transactional: tuple[str, ...] = ()


def settings(connection: Connection) -> Settings:
    """Raises ValidationFailed where the server is not strict: it would cut what is too long, and say nothing."""
    row = connection.execute(text(_SETTINGS)).mappings().one()
    if not set(row["modes"].upper().split(",")) & set(STRICT):
        message = "The server is not strict (sql_mode has no STRICT_TRANS_TABLES): what does not fit is cut silently."
        fix = "Add STRICT_TRANS_TABLES to the server's sql_mode, and be sure of what was written without it."
        raise ValidationFailed(message, problems=[Problem("config", message, fix, "not_strict")])
    zone, read_only = str(row["zone"]), str(row["read_only"]) not in ("0", "OFF", "NO_LOCK")
    return Settings(zone, str(row["encoding"]), str(row["collation"]), read_only)


def facts(connection: Connection, schema: str | None, *, mariadb: bool) -> Facts:
    tables = _ask(connection, _TABLES, schema)
    triggers: dict[str, tuple[str, ...]] = {}
    for table, name in _ask(connection, _TRIGGERS, schema):
        triggers[table] = (*triggers.get(table, ()), name)
    checks = _ask(connection, _CHECKS, schema) if mariadb else []
    return Facts(
        {name: (int(rows or 0), int(size or 0), _last(number)) for name, _, rows, size, number in tables},
        {
            (table, column): (charset, collation)
            for table, column, charset, collation in _ask(connection, _COLUMNS, schema)
        },
        triggers,
        frozenset(
            (table, found[1].replace("``", "`"))
            for table, clause in checks
            if (found := _IS_JSON.fullmatch(clause.strip()))
        ),
        tuple(sorted(name for name, engine, *_ in tables if engine is not None and engine != "InnoDB")),
    )


def collation_of(name: str) -> str:
    """In the words of `schema.Catalogue`. Few orders are those of the bytes; others take different texts for equal."""
    if name in ("utf8mb4_nopad_bin", "utf8mb4_0900_bin", "binary"):
        return "C"
    if name.endswith("_nopad_bin"):
        return f"mysql:{name}"
    return f"mysql:{name}:{'pads' if name.endswith('_bin') else 'nondeterministic'}"


def _ask(connection: Connection, query: str, schema: str | None) -> list[Any]:
    return list(connection.execute(text(query), {"schema": schema}))


def _last(next_number: int | None) -> int | None:
    return None if next_number is None or next_number <= 1 else int(next_number) - 1
