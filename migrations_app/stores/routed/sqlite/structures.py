"""The tables and triggers that a route leaves beside a session table of a SQLite file.

`<t>__route` holds version, tombstone and mark of a session in one row. `<t>__buckets` holds the fences. `<t>__state`
is one row: the mirrored record, the newest version minted, how many writes came without a guard, and whether a guarded
write is at work, for whose transaction the triggers rest. One sequence serves all buckets: a file has one writer at a
time anyway, and a trigger cannot compute the bucket of a key. Such rows get bucket -1 until Python has looked at them.
"""

from migrations_app.engine.ports import BUCKETS
from migrations_app.stores.sessions.configuration import Unit
from migrations_app.stores.sessions.sqlite.table import TableLayout, quoted

UNRESOLVED = -1
NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"
_NOW = {
    Unit.MILLISECONDS: NOW_MS,
    Unit.SECONDS: "CAST(strftime('%s', 'now') AS INTEGER)",
    Unit.DATETIME: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


class Names:
    """Of everything that a route leaves, quoted."""

    def __init__(self, table: str) -> None:
        self.route, self.buckets, self.state = (quoted(f"{table}__{part}") for part in ("route", "buckets", "state"))
        self.marked, self.dead, self.unresolved = (
            quoted(f"{table}__route_{part}") for part in ("marked", "dead", "unresolved")
        )
        self.triggers = {event: quoted(f"{table}__route_{event}") for event in ("insert", "update", "delete", "rename")}


def create(table: str, layout: TableLayout) -> list[str]:
    """Statements to run in one transaction; each may run again."""
    names = Names(table)
    return [
        f"CREATE TABLE IF NOT EXISTS {names.route} (key TEXT PRIMARY KEY NOT NULL, bucket INTEGER NOT NULL, "
        "epoch INTEGER NOT NULL, seq INTEGER NOT NULL, dead_at INTEGER, dirty_at INTEGER) WITHOUT ROWID",
        f"CREATE INDEX IF NOT EXISTS {names.marked} ON {names.route} (dirty_at, bucket) WHERE dirty_at IS NOT NULL",
        f"CREATE INDEX IF NOT EXISTS {names.dead} ON {names.route} (key) WHERE dead_at IS NOT NULL",
        f"CREATE INDEX IF NOT EXISTS {names.unresolved} ON {names.route} (key) WHERE bucket = {UNRESOLVED}",
        f"CREATE TABLE IF NOT EXISTS {names.buckets} (bucket INTEGER PRIMARY KEY, fence INTEGER NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS {names.state} (id INTEGER PRIMARY KEY CHECK (id = 1), guarded INTEGER NOT NULL, "
        "epoch INTEGER NOT NULL, seq INTEGER NOT NULL, legacy INTEGER NOT NULL, mirrored INTEGER NOT NULL, "
        "route TEXT NOT NULL, document TEXT NOT NULL)",
        f"WITH RECURSIVE b(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM b WHERE n < {BUCKETS - 1}) "  # noqa: S608
        f"INSERT OR IGNORE INTO {names.buckets} SELECT n, 0 FROM b",
        f"INSERT OR IGNORE INTO {names.state} VALUES (1, 0, 0, 0, 0, -1, '', '')",  # noqa: S608 - quoted names
        *_triggers(names, layout),
    ]


def drop(table: str) -> list[str]:
    names = Names(table)
    return [
        *(f"DROP TRIGGER IF EXISTS {trigger}" for trigger in names.triggers.values()),
        *(f"DROP TABLE IF EXISTS {each}" for each in (names.route, names.buckets, names.state)),
    ]


def _triggers(names: Names, layout: TableLayout) -> list[str]:
    """They version, mark and count what came without a guard.

    UPDATE and INSERT apart, as the conflict clause of the statement that fires a trigger overrides those in it.
    """
    key = quoted(layout.main["key"].name)
    watching = f"(SELECT guarded FROM {names.state}) = 0"  # noqa: S608 - quoted names, here and below
    deadline = layout.column("expires_at")
    if "expires_at" in layout.main:
        ends = f"OLD.{quoted(deadline.name)}"
    else:
        ends = f"(SELECT {quoted(deadline.name)} FROM {layout.side_table} WHERE key = OLD.{key})"  # noqa: S608
    # Whoever clears expired sessions away ends nothing: no tombstone (PROTOCOL 5.6), and no writer to warn of.
    lived = f"({ends} IS NULL OR {ends} > {_NOW[deadline.unit]})"
    alive = _stamp(names, f"NEW.{key}", "NULL")
    dead = _stamp(names, f"OLD.{key}", NOW_MS)
    side = f"DELETE FROM {layout.side_table} WHERE key = OLD.{key};" if layout.side else ""  # noqa: S608
    event = names.triggers
    return [
        f"CREATE TRIGGER IF NOT EXISTS {event['insert']} AFTER INSERT ON {layout.table} WHEN {watching} "
        f"BEGIN {alive} END",
        f"CREATE TRIGGER IF NOT EXISTS {event['update']} AFTER UPDATE ON {layout.table} WHEN {watching} "
        f"BEGIN {alive} END",
        f"CREATE TRIGGER IF NOT EXISTS {event['delete']} AFTER DELETE ON {layout.table} WHEN {watching} AND {lived} "
        f"BEGIN {dead} {side} END",
        f"CREATE TRIGGER IF NOT EXISTS {event['rename']} AFTER UPDATE OF {key} ON {layout.table} "
        f"WHEN {watching} AND OLD.{key} IS NOT NEW.{key} BEGIN {dead} END",
    ]


def _stamp(names: Names, key: str, dead_at: str) -> str:
    return (
        f"UPDATE {names.state} SET legacy = legacy + 1, seq = seq + 1; "  # noqa: S608 - quoted names
        f"UPDATE {names.route} SET epoch = (SELECT epoch FROM {names.state}), seq = (SELECT seq FROM {names.state}), "
        f"dead_at = {dead_at}, dirty_at = coalesce(dirty_at, {NOW_MS}) WHERE key = {key}; "
        f"INSERT INTO {names.route} SELECT {key}, {UNRESOLVED}, epoch, seq, {dead_at}, {NOW_MS} FROM {names.state} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {names.route} WHERE key = {key});"
    )
