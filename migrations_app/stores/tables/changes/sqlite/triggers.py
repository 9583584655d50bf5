"""The triggers of the change log and of the guard on a SQLite table, as text.

REPLACE removes the rows that are in its way, and fires no delete triggers for them unless the writer's connection has
`recursive_triggers` on. So what a row may replace is written down before it comes: whatever shares a unique value with
it. That may be a row too many, when nothing is replaced in the end, and never one too few.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

LOG = "snakeweb_changes"
PREFIX = "snakeweb_changed_"
GUARD_PREFIX = "snakeweb_closed_"
NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@dataclass(frozen=True, slots=True)
class Unique:
    """One unique index: its columns with the collation that they are compared by. `computed`: not of columns alone."""

    name: str
    columns: tuple[tuple[str, str], ...]
    computed: bool = False


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def uniques(connection: sqlite3.Connection, table: str) -> list[Unique]:
    """With the row id, where the table has one: it is unique too."""
    found = []
    for (name,) in connection.execute('SELECT name FROM pragma_index_list(?) WHERE "unique" ORDER BY name', [table]):
        columns = connection.execute(
            "SELECT cid, name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", [name]
        ).fetchall()
        computed = any(number == -2 for number, _, _ in columns)
        found.append(Unique(name, tuple((str(column), coll) for _, column, coll in columns), computed))
    row_id = _row_id(connection, table)
    return [*found, Unique("", ((row_id, "BINARY"),))] if row_id else found


def _row_id(connection: sqlite3.Connection, table: str) -> str:
    """A name of the row id that no column hides; '' without one."""
    columns = {name.lower() for (name,) in connection.execute("SELECT name FROM pragma_table_xinfo(?)", [table])}
    without = connection.execute("SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'", [table]).fetchone()
    if without is None or without[0]:
        return ""
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in columns), "")


def logging(number: int, table: str, key: Sequence[str], unique: Sequence[Unique]) -> dict[str, str]:
    """Statements by the trigger's name."""
    into = f"INSERT INTO {LOG} (number, at, {', '.join(f'key{n}' for n in range(1, len(key) + 1))})"

    def row(record: str) -> str:
        return ", ".join([str(number), NOW_MS, *(f"{record}.{quoted(column)}" for column in key)])

    def differ(one: str, other: str) -> str:
        return " OR ".join(f"{one}.{quoted(c)} IS NOT {other}.{quoted(c)} COLLATE BINARY" for c in key)

    new = f"{into} VALUES ({row('NEW')});"
    old = f"{into} VALUES ({row('OLD')});"
    moved = f"{into} SELECT {row('OLD')} WHERE {differ('OLD', 'NEW')};"

    def replaced(*but: str) -> str:
        """Rows with a unique value of the new one, but those that have the key of one of these records."""
        others = " AND ".join(f"({differ('there', record)})" for record in but)
        return " ".join(
            f"{into} SELECT {row('there')} FROM {quoted(table)} AS there WHERE "  # noqa: S608
            + " AND ".join(f"there.{quoted(c)} = NEW.{quoted(c)} COLLATE {quoted(coll)}" for c, coll in each.columns)
            + f" AND {others};"
            for each in unique
        )

    bodies = {
        "insert": ("AFTER INSERT", new),
        "update": ("AFTER UPDATE", f"{moved} {new}"),
        "delete": ("AFTER DELETE", old),
    }
    if unique:
        bodies |= {
            "replace": ("BEFORE INSERT", replaced("NEW")),
            "replace_by_update": ("BEFORE UPDATE", replaced("NEW", "OLD")),
        }
    return {
        f"{PREFIX}{number}_{name}": _trigger(f"{PREFIX}{number}_{name}", moment, table, body)
        for name, (moment, body) in bodies.items()
    }


def guarding(number: int, table: str, message: str) -> dict[str, str]:
    body = f"SELECT RAISE(ABORT, {text(message)});"
    return {
        f"{GUARD_PREFIX}{number}_{event.lower()}": _trigger(
            f"{GUARD_PREFIX}{number}_{event.lower()}", f"BEFORE {event}", table, body
        )
        for event in ("INSERT", "UPDATE", "DELETE")
    }


def _trigger(name: str, moment: str, table: str, body: str) -> str:
    return f"CREATE TRIGGER {quoted(name)} {moment} ON {quoted(table)} FOR EACH ROW BEGIN {body} END"
