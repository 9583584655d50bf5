"""Fences and marks of a move, in the table `snakeweb_moves` of the file that it fills."""

import json
import sqlite3
from collections.abc import Mapping

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import stale
from migrations_app.stores.tables.base import Mark
from migrations_app.stores.tables.refusals import MarkMoved
from migrations_app.stores.tables.selection import KeyValue


class Moves:
    """What changes something runs in its caller's transaction, which has the file's write lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exist(self) -> bool:
        statement = "SELECT 1 FROM sqlite_master WHERE name = 'snakeweb_moves'"
        return self._connection.execute(statement).fetchone() is not None

    def raise_to(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known."""
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS snakeweb_moves (kind TEXT NOT NULL, scope TEXT NOT NULL, token INTEGER, "
            "upto TEXT, rows INTEGER, finished INTEGER, PRIMARY KEY (kind, scope)) WITHOUT ROWID"
        )
        known = self._token(worker)
        if known is not None and known > worker.token:
            raise stale(worker, known)
        self._connection.execute(
            "INSERT INTO snakeweb_moves (kind, scope, token) VALUES ('fence', ?, ?) "
            "ON CONFLICT (kind, scope) DO UPDATE SET token = excluded.token",
            [worker.scope, worker.token],
        )

    def check(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known, or none."""
        known = self._token(worker) if self.exist() else None
        if known is None or known > worker.token:
            raise stale(worker, known)

    def stand(self, scope: str) -> Mark:
        """The mark, made where there is none."""
        self._connection.execute(
            "INSERT INTO snakeweb_moves (kind, scope, rows, finished) VALUES ('mark', ?, 0, 0) ON CONFLICT DO NOTHING",
            [scope],
        )
        return self.marks(scope)[scope]

    def confirm(self, mark: Mark) -> None:
        """Raises MarkMoved when the range does not stand there any more."""
        found = self.marks(mark.scope).get(mark.scope)
        if found is None or (found.upto, found.finished) != (mark.upto, mark.finished):
            raise MarkMoved(f"{mark.scope} stands elsewhere by now; nothing was written.")

    def write(self, mark: Mark) -> None:
        upto = None if mark.upto is None else json.dumps(mark.upto)
        self._connection.execute(
            "UPDATE snakeweb_moves SET upto = ?, rows = ?, finished = ? WHERE kind = 'mark' AND scope = ?",
            [upto, mark.rows, mark.finished, mark.scope],
        )

    def marks(self, prefix: str) -> Mapping[str, Mark]:
        if not self.exist():
            return {}
        found = self._connection.execute(
            "SELECT scope, upto, rows, finished FROM snakeweb_moves WHERE kind = 'mark' AND instr(scope, ?) = 1",
            [prefix],
        )
        return {scope: Mark(scope, _key(upto), rows, bool(finished)) for scope, upto, rows, finished in found}

    def forget(self, prefix: str) -> None:
        """The rows whose scope begins so, and the table with its last row."""
        self._connection.execute("DELETE FROM snakeweb_moves WHERE instr(scope, ?) = 1", [prefix])
        if self._connection.execute("SELECT 1 FROM snakeweb_moves LIMIT 1").fetchone() is None:
            self._connection.execute("DROP TABLE snakeweb_moves")

    def _token(self, worker: WorkerToken) -> int | None:
        found = self._connection.execute(
            "SELECT token FROM snakeweb_moves WHERE kind = 'fence' AND scope = ?", [worker.scope]
        ).fetchone()
        return int(found[0]) if found else None


def _key(text: str | None) -> KeyValue | None:
    return None if text is None else tuple(json.loads(text))
