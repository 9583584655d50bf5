"""Where a table keeps each part of a session, and the statements that follow from it.

Parts without a column of their own lie in a side table `<table>__snakeweb` with the same key, so that somebody
else's table (Django's `django_session`) loses nothing. Fences lie in `snakeweb_fences` of the same schema; its rows
`created:<table>:<run>` say which run created a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.configuration import COLUMN_PARTS, StoreConfig, Unit
from migrations_app.stores.sessions.postgres.columns import (
    Column,
    later_expression,
    live_condition,
    select_expression,
)

OWN_COLUMNS: Mapping[str, tuple[str, str]] = {
    "key": ("key", 'text COLLATE "C" PRIMARY KEY'),
    "value": ("value", "{value_type} NOT NULL"),
    "codec": ("codec", "text NOT NULL DEFAULT 'opaque'"),
    "created_at": ("created_at_ms", "bigint"),
    "last_accessed_at": ("last_accessed_at_ms", "bigint"),
    "ttl": ("ttl_ms", "bigint"),
    "expires_at": ("expires_at_ms", "bigint"),
    "extra": ("extra", "jsonb"),
    "ver_epoch": ("ver_epoch", "bigint NOT NULL DEFAULT 0"),
    "ver_seq": ("ver_seq", "bigint NOT NULL DEFAULT 0"),
}
_TYPES = {"bigint": "int8", "text": "text", "jsonb": "jsonb"}
READ_PARTS = COLUMN_PARTS

_COLUMNS = """
SELECT a.attname, t.typname, NOT a.attnotnull,
       CASE WHEN a.atttypmod > 4 AND t.typname = 'varchar' THEN a.atttypmod - 4 END,
       a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '', a.attcollation::regcollation::text,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
               AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True, slots=True)
class Names:
    """Quoted names of the tables that belong to one target."""

    table: Identifier
    side: Identifier
    fences: Identifier
    plain: str

    @classmethod
    def of(cls, config: StoreConfig) -> "Names":
        *schema, table = str(config["table"]).split(".")
        return cls(
            Identifier(*schema, table),
            Identifier(*schema, f"{table}__snakeweb"),
            Identifier(*schema, "snakeweb_fences"),
            str(config["table"]),
        )


class TableLayout:
    """A table as it is on the server. `has_side` tells whether the side table exists now."""

    def __init__(self, names: Names, columns: Mapping[str, Column], *, collation: str, has_side: bool) -> None:
        self.names = names
        self.main = columns
        self.collation = collation
        self.has_side = has_side
        missing = {part: OWN_COLUMNS[part] for part in COLUMN_PARTS if part not in columns}
        self.side: dict[str, Column] = {}
        if missing:
            key = Column("key", "key", "text", nullable=False)
            kept = {p: Column(p, name, _TYPES[ddl.split()[0]]) for p, (name, ddl) in missing.items()}
            self.side = {"key": key, **kept}

    @property
    def kind(self) -> str:
        return self.main["value"].type

    def reference(self, part: str) -> str:
        """`t."column"` or `v."column"`; NULL for a part of a side table that is not there."""
        if part in self.main:
            return "t." + quoted(self.main[part].name)
        return "v." + quoted(self.side[part].name) if self.has_side else "NULL"

    def column(self, part: str) -> Column:
        return self.main[part] if part in self.main else self.side[part]

    def select(self, where: str, tail: str = "") -> Composed:
        """The records' parts in the order of READ_PARTS, live ones only."""
        parts = [
            select_expression(self.column(part), self.reference(part)) if self.reference(part) != "NULL" else "NULL"
            for part in READ_PARTS
        ]
        return SQL("SELECT {parts} FROM {source} WHERE {live} AND {where} {tail}").format(
            parts=raw(", ".join(parts)), source=self.source(), live=raw(self.live()), where=raw(where), tail=raw(tail)
        )

    def select_keys(self, where: str, tail: str = "") -> Composed:
        """The keys alone, of live records."""
        return SQL("SELECT {key} FROM {source} WHERE {live} AND {where} {tail}").format(
            key=raw(self.reference("key")),
            source=self.source(),
            live=raw(self.live()),
            where=raw(where),
            tail=raw(tail),
        )

    def source(self) -> Composed:
        if self.side and self.has_side:
            join = f"v.key = t.{quoted(self.main['key'].name)}"
            return SQL("{} t LEFT JOIN {} v ON {}").format(self.names.table, self.names.side, raw(join))
        return SQL("{} t").format(self.names.table)

    def live(self) -> str:
        reference = self.reference("expires_at")
        return "true" if reference == "NULL" else live_condition(self.column("expires_at"), reference)

    def create_statement(self) -> Composed:
        """The side table; only for a layout that has one."""
        columns = [f"key text COLLATE {self.collation} PRIMARY KEY"]
        columns += [f"{name} {ddl}" for p, (name, ddl) in OWN_COLUMNS.items() if p in self.side and p != "key"]
        return SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(self.names.side, raw(", ".join(columns)))

    def stage_statement(self) -> Composed:
        columns = [f"key text COLLATE {self.collation}"]
        columns += [f"{stage_name(c)} {c.type}" for c in self.all_columns() if c.part != "key"]
        return SQL("CREATE TEMP TABLE IF NOT EXISTS snakeweb_stage ({}) ON COMMIT DELETE ROWS").format(
            raw(", ".join(columns))
        )

    def all_columns(self) -> list[Column]:
        return [self.column(part) for part in COLUMN_PARTS]

    def raise_deadlines(self) -> Composed:
        """Equal version: the deadline becomes the later one (PROTOCOL 7)."""
        holder = "t" if "expires_at" in self.main else "v"
        column = self.column("expires_at")
        mine, other = f"{holder}.{quoted(column.name)}", f"s.{stage_name(column)}"
        later = later_expression(mine, other)
        # The row to change cannot be joined with itself, so main and side change places in FROM.
        target, rest = (self.names.table, self.names.side) if holder == "t" else (self.names.side, self.names.table)
        joined = f" JOIN {{}} {'v' if holder == 't' else 't'} ON true" if self.side else ""
        source = SQL("snakeweb_stage s" + joined).format(*([rest] if self.side else []))
        return SQL("UPDATE {target} {holder} SET {column} = {later} FROM {source} WHERE {where}").format(
            target=target,
            holder=raw(holder),
            column=Identifier(column.name),
            later=raw(later),
            source=source,
            where=raw(f"{self._same_row()} AND {self._versions('=')} AND {mine} IS DISTINCT FROM {later}"),
        )

    def refuse_older(self) -> Composed:
        """Takes out of the stage what is not newer than the row that is there."""
        using = (
            SQL("{} t, {} v").format(self.names.table, self.names.side)
            if self.side
            else SQL("{} t").format(self.names.table)
        )
        return SQL("DELETE FROM snakeweb_stage s USING {} WHERE {} AND {}").format(
            using, raw(self._same_row()), raw(self._versions(">="))
        )

    def lock_rows(self) -> Composed:
        key = quoted(self.main["key"].name)
        return SQL("SELECT FROM {} t JOIN snakeweb_stage s ON t.{} = s.key FOR UPDATE OF t").format(
            self.names.table, raw(key)
        )

    def merge(self) -> Composed:
        guard = ""
        if "ver_epoch" in self.main:
            names = [quoted(self.main[part].name) for part in ("ver_epoch", "ver_seq")]
            mine, theirs = (", ".join(f"{side}.{name}" for name in names) for side in ("t", "excluded"))
            guard = f" WHERE ({theirs}) > ({mine}) OR ({theirs}) = (0, 0)"
        return _upsert(self.names.table, list(self.main.values()), guard)

    def merge_side(self) -> Composed:
        return _upsert(self.names.side, list(self.side.values()), "")

    def copy_statement(self, table: Identifier, columns: Sequence[Column]) -> Composed:
        return SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table, raw(_list(columns)))

    def copy_stage_statement(self, columns: Sequence[Column]) -> Composed:
        names = ", ".join("key" if c.part == "key" else stage_name(c) for c in columns)
        return SQL("COPY snakeweb_stage ({}) FROM STDIN (FORMAT binary)").format(raw(names))

    def _same_row(self) -> str:
        same = f"t.{quoted(self.main['key'].name)} = s.key"
        return f"{same} AND v.key = s.key" if self.side else same

    def _versions(self, operator: str) -> str:
        held = ", ".join(
            f"{'t' if part in self.main else 'v'}.{quoted(self.column(part).name)}" for part in ("ver_epoch", "ver_seq")
        )
        arriving = ", ".join(f"s.{stage_name(self.column(part))}" for part in ("ver_epoch", "ver_seq"))
        return f"({held}) {operator} ({arriving}) AND ({arriving}) <> (0, 0)"


def own_columns(value_type: str) -> dict[str, Column]:
    types = {"value": value_type, "key": "text", "codec": "text", "extra": "jsonb"}
    required = ("key", "value", "codec", "ver_epoch", "ver_seq")
    return {
        part: Column(part, name, types.get(part, "int8"), nullable=part not in required)
        for part, (name, _) in OWN_COLUMNS.items()
    }


def create_own_table(names: Names, value_type: str) -> Composed:
    columns = ", ".join(f"{name} {ddl.format(value_type=value_type)}" for name, ddl in OWN_COLUMNS.values())
    return SQL("CREATE TABLE {} ({})").format(names.table, raw(columns))


def inspect(connection: Connection, config: StoreConfig, names: Names) -> TableLayout | None:
    """The layout as the server has it; None when there is no such table.

    Raises ValidationFailed with every mismatch between table and configuration.
    """
    found = {row[0]: row[1:] for row in connection.execute(_COLUMNS, [names.table.as_string(connection)])}
    if not found:
        return None
    wanted = {part: (named.column, named.unit) for part, named in config.columns.items()} or {
        part: (name, Unit.AUTO) for part, (name, _) in OWN_COLUMNS.items()
    }
    columns: dict[str, Column] = {}
    reasons: list[tuple[str, str]] = []
    for part, (name, unit) in wanted.items():
        if name not in found:
            reasons.append((part, f"there is no column “{name}”"))
            continue
        kind, nullable, length = found[name][:3]
        columns[part] = Column(part, name, kind, unit, nullable, length)
        reasons += [(part, problem)] if (problem := columns[part].type_problem()) else []
    if "value" in columns and columns["value"].type != config["value_type"] and columns["value"].type != "varchar":
        reasons.append(
            ("value", f"column “{columns['value'].name}” is {columns['value'].type}, not {config['value_type']}")
        )
    if "key" in columns and not found[columns["key"].name][5]:
        reasons.append(("key", f"column “{columns['key'].name}” has no unique index of its own"))
    taken = {column.name for column in columns.values()}
    reasons += [
        ("", f"column “{name}” must be filled and is not mapped")
        for name, (_, nullable, _, has_default, _, _) in found.items()
        if name not in taken and not nullable and not has_default
    ]
    if reasons:
        raise ValidationFailed(
            f"The table “{names.plain}” is not as the configuration says.",
            problems=[
                Problem(
                    f"config.columns.{part}".rstrip("."),
                    f"In “{names.plain}” {reason}.",
                    "Correct the mapping or the table.",
                )
                for part, reason in reasons
            ],
        )
    side = connection.execute("SELECT to_regclass(%s)", [names.side.as_string(connection)]).fetchone()
    collation = found[columns["key"].name][4]
    return TableLayout(names, columns, collation=collation, has_side=bool(side and side[0]))


def _upsert(table: Identifier, columns: Sequence[Column], guard: str) -> Composed:
    key = next(quoted(column.name) for column in columns if column.part == "key")
    values = ", ".join("s.key" if c.part == "key" else f"s.{stage_name(c)}" for c in columns)
    sets = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in columns if c.part != "key")
    return SQL("INSERT INTO {} AS t ({}) SELECT {} FROM snakeweb_stage s ON CONFLICT ({}) DO UPDATE SET {}{}").format(
        table, raw(_list(columns)), raw(values), raw(key), raw(sets), raw(guard)
    )


def _list(columns: Sequence[Column]) -> str:
    return ", ".join(quoted(column.name) for column in columns)


def stage_name(column: Column) -> str:
    return f"p_{column.part}"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def raw(text: str) -> Any:
    """SQL made of our own words and of names that `quoted` has quoted."""
    return SQL(text)
