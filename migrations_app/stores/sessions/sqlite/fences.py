"""Fencing tokens in `snakeweb_fences`, checked in the transaction of every write; rows `created:<table>:<run>` say
which run created a table.
"""

import sqlite3
from collections.abc import Sequence

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import run_of, stale


class Fences:
    """The fences of one file. Every method runs inside its caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exist(self) -> bool:
        return (
            self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'snakeweb_fences'").fetchone()
            is not None
        )

    def check(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known, or none."""
        known = self._known(worker) if self.exist() else None
        if known is None or known > worker.token:
            raise stale(worker, known)

    def raise_to(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known."""
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS snakeweb_fences (scope TEXT PRIMARY KEY NOT NULL, token INTEGER NOT NULL)"
        )
        known = self._known(worker)
        if known is not None and known > worker.token:
            raise stale(worker, known)
        self._connection.execute(
            "INSERT INTO snakeweb_fences VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET token = excluded.token",
            [worker.scope, worker.token],
        )

    def _known(self, worker: WorkerToken) -> int | None:
        found = self._connection.execute("SELECT token FROM snakeweb_fences WHERE scope = ?", [worker.scope]).fetchone()
        return int(found[0]) if found else None

    def mark_created(self, table: str, worker: WorkerToken) -> None:
        mark = f"created:{table}:{run_of(worker)}"
        self._connection.execute("INSERT OR IGNORE INTO snakeweb_fences VALUES (?, 0)", [mark])

    def created_by_run(self, table: str, worker: WorkerToken) -> bool:
        return self._any(f"created:{table}:{run_of(worker)}")

    def created_by_snakeweb(self, table: str) -> bool:
        return self._any(f"created:{table}:")

    def _any(self, prefix: str) -> bool:
        statement = "SELECT 1 FROM snakeweb_fences WHERE instr(scope, ?) = 1 LIMIT 1"
        return self._connection.execute(statement, [prefix]).fetchone() is not None

    def withdraw(self, side: str, scopes: Sequence[str]) -> bool:
        """Within a transaction: forget these runs. True when one of them created `side` and nobody else writes."""
        for scope in scopes:
            self._connection.execute(
                "DELETE FROM snakeweb_fences WHERE scope = ? OR instr(scope, ?) = 1", [scope, f"{scope}:"]
            )
        others = (
            "SELECT 1 FROM snakeweb_fences WHERE instr(scope, 'run:') != 1 AND instr(scope, 'created:') != 1 LIMIT 1"
        )
        if self._connection.execute(others).fetchone() is not None:
            return False
        marks = [(f"created:{side}:{scope}:",) for scope in scopes]
        return self._connection.executemany("DELETE FROM snakeweb_fences WHERE scope = ?", marks).rowcount > 0

    def forget(self, prefix: str) -> None:
        """Delete the rows whose scope begins so, and the table with its last row."""
        if not self.exist():
            return
        self._connection.execute("DELETE FROM snakeweb_fences WHERE instr(scope, ?) = 1", [prefix])
        if self._connection.execute("SELECT 1 FROM snakeweb_fences LIMIT 1").fetchone() is None:
            self._connection.execute("DROP TABLE snakeweb_fences")
