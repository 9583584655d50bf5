"""What a route adds beside a session table, by name, and where the table itself lies on the server.

    <t>__route    one row for each id that a version is known of: version, tombstone, mark
    <t>__buckets  the fence of each bucket
    <t>__state    one row: the mirrored route record
    <t>__seq      mints the seq of versions
    <t>__legacy   counts writes that came without a guard

and functions and triggers (`functions`, `watching`). The version is part of the functions' names: clients of two
releases may share a table while one replaces the other.
"""

import zlib
from dataclasses import dataclass

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import BUCKETS
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.postgres.table import TableLayout, quoted

FUNCTIONS = ("write1", "touch1", "delete1", "bucket1", "mint1", "watch1")
TABLES = ("route", "buckets", "state")
SEQUENCES = ("seq", "legacy")
TRIGGERS = ("snakeweb_written", "snakeweb_deleted", "snakeweb_emptied")
# Second keys of advisory locks beyond those of buckets.
ADOPTION_LOCK = BUCKETS
JOINING_LOCK = BUCKETS + 1
SEQUENCE_LOCK = BUCKETS + 2

_FIND = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(%s)
"""


@dataclass(frozen=True, slots=True)
class RouteNames:
    """Quoted names as SQL text, each with its schema, so that no search path can lead elsewhere.

    `side` is "" for a table that needs none, or has none yet. `lock` is the first key of advisory locks.
    """

    schema: str
    table: str
    main: str
    side: str
    lock: int

    def of(self, suffix: str) -> str:
        return f"{quoted(self.schema)}.{quoted(f'{self.table}__{suffix}')}"

    @property
    def route(self) -> str:
        return self.of("route")

    @property
    def buckets(self) -> str:
        return self.of("buckets")

    @property
    def state(self) -> str:
        return self.of("state")

    def sequence(self, suffix: str) -> str:
        """As a literal for `nextval`."""
        return "'" + self.of(suffix).replace("'", "''") + "'::regclass"

    @property
    def scope(self) -> str:
        """In `snakeweb_fences`: while this row is there, the side table has a user and stays."""
        return f"route:{self.table}"


def find(connection: Connection, layout: TableLayout) -> RouteNames:
    """Raises ValidationFailed when the table has gone."""
    row = connection.execute(_FIND, [layout.names.table.as_string(connection)]).fetchone()
    if row is None:
        raise ValidationFailed(f"There is no table “{layout.names.plain}”.")
    schema, table = str(row[0]), str(row[1])
    side = ""
    if layout.side and layout.has_side:
        beside = connection.execute(_FIND, [layout.names.side.as_string(connection)]).fetchone()
        side = ".".join(quoted(str(part)) for part in beside) if beside else ""
    lock = zlib.crc32(f"{schema}.{table}".encode())
    return RouteNames(schema, table, f"{quoted(schema)}.{quoted(table)}", side, lock - 2**32 if lock >= 2**31 else lock)
