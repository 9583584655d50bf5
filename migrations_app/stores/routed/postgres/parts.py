"""A session's parts as SQL of one table: what the functions, the plain statements and the readers are made of."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_app.stores.routed.postgres.names import RouteNames
from migrations_app.stores.sessions.postgres.columns import (
    Column,
    live_condition,
    select_expression,
    time_expression,
)
from migrations_app.stores.sessions.postgres.table import TableLayout, quoted
from migrations_app.stores.sessions.records import Codec

READ = ("value", "codec", "created_at", "last_accessed_at", "ttl", "expires_at", "extra")
NOW_MS = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


@dataclass(frozen=True, slots=True)
class Parts:
    """`t` is the session table in every text, `v` the side table. `codec`: the one configured for the target."""

    names: RouteNames
    layout: TableLayout
    codec: Codec

    @property
    def side(self) -> bool:
        return bool(self.names.side)

    @property
    def key(self) -> str:
        return quoted(self.layout.main["key"].name)

    @property
    def written(self) -> list[Column]:
        """What a writer passes beside the key, in order; versions of standard mode are written as (0, 0)."""
        columns = [*self.layout.main.values(), *(self.layout.side.values() if self.side else ())]
        by_part = {column.part: column for column in columns}
        return [by_part[part] for part in READ if part in by_part]

    @property
    def deadline(self) -> Column | None:
        """None when neither table has a column for it: such sessions never end."""
        return self.layout.column("expires_at") if "expires_at" in self.layout.main or self.side else None

    @property
    def deadline_in_main(self) -> bool:
        return "expires_at" in self.layout.main

    def reference(self, part: str) -> str:
        if part in self.layout.main:
            return "t." + quoted(self.layout.main[part].name)
        return "v." + quoted(self.layout.side[part].name) if self.side else "NULL"

    def source(self) -> str:
        """FROM the tables, for a look at whole sessions."""
        join = f" LEFT JOIN {self.names.side} v ON v.key = t.{self.key}" if self.side else ""
        return f"{self.names.main} t{join}"

    def joined_source(self) -> str:
        """The same as one operand of a join."""
        return f"({self.source()})" if self.side else self.source()

    def selected(self, *, converted: bool = False) -> str:
        """The parts of READ. In the binary format a text arrives as its bytes: only the higher cursor, which would
        make a `str` of it, needs the value `converted`."""
        parts = []
        times = ("created_at", "last_accessed_at", "ttl", "expires_at")
        for part in READ:
            reference = self.reference(part)
            if reference == "NULL":
                parts.append("NULL::bigint" if part in times else "NULL::text")
            elif part == "value" and not converted:
                parts.append(f"{reference}::text" if self.layout.main["value"].type == "jsonb" else reference)
            else:
                parts.append(select_expression(self.layout.column(part), reference))
        return ", ".join(parts)

    def live(self, now: str = "clock_timestamp()", reference: str = "") -> str:
        column = self.deadline
        return live_condition(column, reference or self.reference("expires_at"), now) if column else "true"

    def live_of_main(self, now: str = "clock_timestamp()") -> str:
        """For statements that see `t` alone."""
        if self.deadline is None or self.deadline_in_main:
            return self.live(now)
        return f"coalesce((SELECT {self.live(now)} FROM {self.names.side} v WHERE v.key = t.{self.key}), true)"

    def length_of_main(self) -> str:
        """The sliding length in ms, for statements that see `t` alone."""
        reference = self.reference("ttl")
        if reference == "NULL":
            return "NULL::bigint"
        length = select_expression(self.layout.column("ttl"), reference)
        if "ttl" in self.layout.main:
            return length
        return f"(SELECT {length} FROM {self.names.side} v WHERE v.key = t.{self.key})"

    def stored(self, deadline: str) -> str:
        """A deadline, SQL of its column's type, in ms."""
        return select_expression(self.deadline, deadline) if self.deadline else "NULL::bigint"

    def ends_after(self, length: str, now_ms: str = NOW_MS) -> str:
        """The deadline so many ms from now, as its column has it; NULL without a length."""
        return time_expression(self.deadline, f"{now_ms} + {length}") if self.deadline else "NULL::bigint"

    def upsert(self, values: dict[str, str], *, side: bool = False, where: str = "", source: str = "") -> str:
        """Create or replace in one of the two tables. `source`: what follows SELECT instead of VALUES."""
        columns = list((self.layout.side if side else self.layout.main).values())
        table, alias, key = (self.names.side, "v", "key") if side else (self.names.main, "t", self.key)
        given = ", ".join(_given(column, values) for column in columns)
        rows = f"SELECT {given} FROM {source}" if source else f"VALUES ({given})"
        listed = ", ".join(quoted(column.name) for column in columns)
        sets = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in columns if c.part != "key")
        condition = f" WHERE {where}" if where else ""
        return f"INSERT INTO {table} AS {alias} ({listed}) {rows} ON CONFLICT ({key}) DO UPDATE SET {sets}{condition}"

    def begin_side(self, deadline: str, key: str, source: str = "") -> str:
        """Note a deadline beside a session, also one that has no row there yet: its codec is the configured one.
        `source`: what follows the values."""
        name = quoted(self.layout.column("expires_at").name)
        codec = ("codec", f"'{self.codec.value}'") if "codec" in self.layout.side else None
        columns, given = zip(("key", key), (name, deadline), *([codec] if codec else []), strict=True)
        return (
            f"INSERT INTO {self.names.side} AS v ({', '.join(columns)}) SELECT {', '.join(given)} {source} "
            f"ON CONFLICT (key) DO UPDATE SET {name} = excluded.{name}"
        )

    def insert(self, values: dict[str, str]) -> str:
        """Create in the session table, or do nothing where something is."""
        columns = list(self.layout.main.values())
        listed = ", ".join(quoted(column.name) for column in columns)
        given = ", ".join(_given(column, values) for column in columns)
        return f"INSERT INTO {self.names.main} AS t ({listed}) VALUES ({given}) ON CONFLICT ({self.key}) DO NOTHING"

    def sets(self, values: dict[str, str]) -> str:
        columns: Sequence[Column] = [column for column in self.layout.main.values() if column.part != "key"]
        return ", ".join(f"{quoted(column.name)} = {_given(column, values)}" for column in columns)


def _given(column: Column, values: dict[str, str]) -> str:
    return "0" if column.part in ("ver_epoch", "ver_seq") else values[column.part]
