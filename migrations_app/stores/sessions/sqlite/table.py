"""Where a SQLite table keeps each part of a session; parts without a column lie in `<table>__snakeweb`."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.sessions.configuration import COLUMN_PARTS, StoreConfig, Unit
from migrations_app.stores.sessions.records import SessionRecord

OWN_COLUMNS: Mapping[str, tuple[str, str]] = {
    "key": ("key", "TEXT PRIMARY KEY NOT NULL"),
    "value": ("value", "{value_type} NOT NULL"),
    "codec": ("codec", "TEXT NOT NULL DEFAULT 'opaque'"),
    "created_at": ("created_at_ms", "INTEGER"),
    "last_accessed_at": ("last_accessed_at_ms", "INTEGER"),
    "ttl": ("ttl_ms", "INTEGER"),
    "expires_at": ("expires_at_ms", "INTEGER"),
    "extra": ("extra", "TEXT"),
    "ver_epoch": ("ver_epoch", "INTEGER NOT NULL DEFAULT 0"),
    "ver_seq": ("ver_seq", "INTEGER NOT NULL DEFAULT 0"),
}
TIMES = ("created_at", "last_accessed_at", "ttl", "expires_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class Column:
    """One column that holds a part; `unit` is never AUTO here."""

    part: str
    name: str
    unit: Unit
    nullable: bool
    text: bool = False

    def store(self, content: Any) -> Any:
        """The part as the column keeps it."""
        if content is None:
            return None
        if self.part == "value":
            return content.decode() if self.text else content
        if self.part == "extra":
            return json.dumps(dict(content)) if content or not self.nullable else None
        if self.part not in TIMES or self.unit is Unit.MILLISECONDS:
            return content
        if self.unit is Unit.SECONDS:
            return content // 1000
        return (_EPOCH + timedelta(milliseconds=content)).strftime("%Y-%m-%d %H:%M:%S.%f")

    def load(self, content: Any) -> Any:
        """The part as the record keeps it. Raises ValueError for content that is not of the column's unit."""
        if content is None:
            return None
        if self.part == "value":
            return content.encode() if isinstance(content, str) else bytes(content)
        if self.part == "extra":
            return json.loads(content) if content else None
        if self.part not in TIMES:
            return content
        if self.unit is Unit.DATETIME:
            moment = datetime.fromisoformat(str(content))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return (moment - _EPOCH) // timedelta(milliseconds=1)
        return int(content) * (1000 if self.unit is Unit.SECONDS else 1)

    def why_unfit(self, record: SessionRecord) -> str:
        """Why this column cannot hold the record's part without loss; '' when it can."""
        content = part_of(record, self.part)
        if self.part in TIMES:
            if content is None:
                return "" if self.nullable else f"it has no {self.part}, which column “{self.name}” demands"
            if self.part == "ttl" and self.unit is Unit.SECONDS and content % 1000:
                return f"its ttl is finer than the seconds of column “{self.name}”"
            limit = 253_402_300_800_000 if self.unit is Unit.DATETIME else MAX_INTEGER
            return "" if -MAX_INTEGER <= content < limit else f"its {self.part} is beyond what “{self.name}” can hold"
        if self.part == "value" and self.text:
            try:
                content.decode()
            except UnicodeDecodeError:
                return f"the value is not UTF-8 text, which column “{self.name}” demands"
        if self.part == "key" and not content:
            return "the id is empty"
        return ""


def part_of(record: SessionRecord, part: str) -> Any:
    return {
        "key": record.id,
        "value": record.value,
        "codec": str(record.codec),
        "created_at": record.created_at_ms,
        "last_accessed_at": record.last_accessed_at_ms,
        "ttl": record.ttl_ms,
        "expires_at": record.expires_at_ms,
        "extra": record.extra,
        "ver_epoch": record.version.epoch,
        "ver_seq": record.version.seq,
    }[part]


class TableLayout:
    """A table as the file has it. `has_side` tells whether the side table exists now."""

    def __init__(self, table: str, columns: Mapping[str, Column], *, has_side: bool) -> None:
        self.table, self.side_table = quoted(table), quoted(f"{table}__snakeweb")
        self.main = columns
        self.has_side = has_side
        missing = [part for part in COLUMN_PARTS if part not in columns]
        self.side = {p: _own_column(p) for p in ("key", *missing)} if missing else {}

    def column(self, part: str) -> Column:
        return self.main[part] if part in self.main else self.side[part]

    def reference(self, part: str) -> str:
        if part in self.main:
            return "t." + quoted(self.main[part].name)
        return "v." + quoted(self.side[part].name) if self.has_side else "NULL"

    def source(self) -> str:
        key = quoted(self.main["key"].name)
        joined = f" LEFT JOIN {self.side_table} v ON v.key = t.{key}" if self.side and self.has_side else ""
        return f"{self.table} t{joined}"

    def select(self, where: str, tail: str = "") -> str:
        """The parts in the order of COLUMN_PARTS; `:now` is the deadline column's form of now."""
        parts = ", ".join(self.reference(part) for part in COLUMN_PARTS)
        return f"SELECT {parts} FROM {self.source()} WHERE {self.live()} AND {where} {tail}"  # noqa: S608 - quoted names

    def live(self) -> str:
        deadline = self.reference("expires_at")
        return f"({deadline} IS NULL OR {deadline} > :now)" if deadline != "NULL" else ":now IS NOT NULL"

    def now(self, now_ms: int) -> Any:
        return self.column("expires_at").store(now_ms)

    def create_side(self) -> str:
        columns = [f"{name} {ddl}" for part, (name, ddl) in OWN_COLUMNS.items() if part in self.side]
        return f"CREATE TABLE IF NOT EXISTS {self.side_table} ({', '.join(columns)})"

    def upsert(self, columns: Mapping[str, Column], table: str) -> str:
        names = [quoted(column.name) for column in columns.values()]
        key = quoted(columns["key"].name)
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
        marks = ", ".join("?" for _ in names)
        return (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) "  # noqa: S608 - quoted names
            f"ON CONFLICT ({key}) DO UPDATE SET {sets}"
        )


def why_unfit(record: SessionRecord, columns: Mapping[str, Column]) -> str:
    """Why these columns cannot hold the record without loss; '' when they can."""
    return next((reason for column in columns.values() if (reason := column.why_unfit(record))), "")


def row(record: SessionRecord, columns: Mapping[str, Column]) -> list[Any]:
    return [column.store(part_of(record, part)) for part, column in columns.items()]


def own_columns(value_type: str) -> dict[str, Column]:
    return {part: _own_column(part, text=value_type == "text") for part in COLUMN_PARTS}


def _own_column(part: str, *, text: bool = False) -> Column:
    name, ddl = OWN_COLUMNS[part]
    return Column(part, name, Unit.MILLISECONDS, "NOT NULL" not in ddl, text and part == "value")


def create_own_table(table: str, value_type: str) -> str:
    kind = "TEXT" if value_type == "text" else "BLOB"
    columns = ", ".join(f"{name} {ddl.format(value_type=kind)}" for name, ddl in OWN_COLUMNS.values())
    return f"CREATE TABLE {quoted(table)} ({columns})"


def inspect(connection: sqlite3.Connection, config: StoreConfig) -> TableLayout | None:
    """The layout as the file has it; None when there is no such table. Raises ValidationFailed with every mismatch."""
    table = str(config["table"])
    found = {
        name: (kind.upper(), not required and not key, default is not None, bool(key))
        for _, name, kind, required, default, key in connection.execute(f"PRAGMA table_info({quoted(table)})")
    }
    if not found:
        return None
    wanted = {part: (named.column, named.unit) for part, named in config.columns.items()} or {
        part: (name, Unit.MILLISECONDS) for part, (name, _) in OWN_COLUMNS.items()
    }
    columns: dict[str, Column] = {}
    reasons: list[tuple[str, str]] = []
    for part, (name, unit) in wanted.items():
        if name not in found:
            reasons.append((part, f"there is no column “{name}”"))
            continue
        kind, nullable = found[name][:2]
        if unit is Unit.AUTO:
            unit = Unit.DATETIME if "DATE" in kind or "TIMESTAMP" in kind else Unit.MILLISECONDS
        columns[part] = Column(part, name, unit, nullable, config["value_type"] == "text" and part == "value")
    if "key" in columns and columns["key"].name not in _unique_columns(connection, table, found):
        reasons.append(("key", f"column “{columns['key'].name}” has no unique index of its own"))
    taken = {column.name for column in columns.values()}
    reasons += [
        ("", f"column “{name}” must be filled and is not mapped")
        for name, (_, nullable, has_default, _) in found.items()
        if name not in taken and not nullable and not has_default
    ]
    if reasons:
        raise ValidationFailed(
            f"The table “{table}” is not as the configuration says.",
            problems=[
                Problem(
                    f"config.columns.{part}".rstrip("."), f"In “{table}” {reason}.", "Correct the mapping or the table."
                )
                for part, reason in reasons
            ],
        )
    side = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [f"{table}__snakeweb"])
    return TableLayout(table, columns, has_side=side.fetchone() is not None)


def _unique_columns(connection: sqlite3.Connection, table: str, found: Mapping[str, Sequence[Any]]) -> set[str]:
    primary = [name for name, column in found.items() if column[3]]
    unique = {primary[0]} if len(primary) == 1 else set()
    for _, index, is_unique, _, partial in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        parts = connection.execute(f"PRAGMA index_info({quoted(index)})").fetchall()
        if is_unique and not partial and len(parts) == 1:
            unique.add(parts[0][2])
    return unique


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
