"""Stores in files tell their size, and how fast they are read."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.impact import Reading, answered_us
from migrations_app.stores.connections.sqlite import connect, domain_errors


class SQLiteGauge:
    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def read(self) -> Reading:
        """The size is that of the file and of the log beside it."""
        with domain_errors(self._path):
            if self._connection is None:
                self._connection = connect(self._path, read_only=True)
            opened = self._connection
            latency_us = answered_us(lambda: opened.execute("SELECT count(*) FROM sqlite_master").fetchone())
        return Reading(latency_us, size_bytes=_size(self._path) + _size(f"{self._path}-wal"))


class SnapshotGauge:
    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def close(self) -> None:
        """Nothing stays open."""

    def read(self) -> Reading:
        """Raises DependencyUnavailable for a file that cannot be read."""
        try:
            latency_us = answered_us(self._first_byte)
        except OSError as error:
            raise DependencyUnavailable(f"The file {self._path} cannot be read: {error.strerror}.") from None
        return Reading(latency_us, size_bytes=_size(str(self._path)))

    def _first_byte(self) -> bytes:
        with self._path.open("rb") as file:
            return file.read(1)


def _size(path: str) -> int:
    with suppress(OSError):
        return Path(path).stat().st_size
    return 0
