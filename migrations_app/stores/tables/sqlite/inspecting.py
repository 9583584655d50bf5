"""A look at a SQLite file."""

import os
import sqlite3
import statistics
import time
from collections.abc import Sequence

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.tables.base import DatabaseProbe
from migrations_app.stores.tables.schema import Catalogue
from migrations_app.stores.tables.sqlite.catalogue import TABLES, read_catalogue
from migrations_app.stores.tables.sqlite.connection import SQLiteConnected


class SQLiteInspecting(SQLiteConnected):
    def probe(self) -> DatabaseProbe:
        path = os.path.realpath(self._path)
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            message = f"There is no folder {folder} for the SQLite file."
            raise ValidationFailed(message, problems=[Problem("config.path", message, "Correct the path.", "missing")])
        there = os.path.exists(path)
        with self._errors():
            state = os.stat(path) if there else None
            free = os.statvfs(folder)
            writable = os.access(folder, os.W_OK) and (not there or os.access(path, os.W_OK))
            return DatabaseProbe(
                kind=self.kind,
                version=sqlite3.sqlite_version,
                identity=f"sqlite:{state.st_dev}:{state.st_ino}" if state else f"sqlite:{path}",
                latency_ms=self._latency() if there else 0.0,
                encoding=self._open().execute("PRAGMA encoding").fetchone()[0] if there else "UTF-8",
                time_zone="",
                writable=writable,
                tables=len(self._open().execute(TABLES).fetchall()) if there else 0,
                bytes=state.st_size if state else 0,
                free_bytes=free.f_bavail * free.f_frsize,
                details={"exists": str(there).lower()},
            )

    def catalogue(self, tables: Sequence[str] | None = None) -> Catalogue:
        if not os.path.exists(self._path):
            return Catalogue({}, "UTF-8", "", {"engine": "sqlite", "collation": "C", "left_out": ""})
        with self._errors():
            return read_catalogue(self._open(), tables)

    def _latency(self) -> float:
        latencies = []
        for _ in range(5):
            before = time.perf_counter()
            self._open().execute("SELECT count(*) FROM sqlite_master").fetchone()
            latencies.append((time.perf_counter() - before) * 1000)
        return statistics.median(latencies)
