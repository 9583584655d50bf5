"""The stores of a scenario: real servers, filled and looked at over connections of the rig's own.

Nothing of Snakeweb's stores reads here: an oracle that shared their code would share their errors.
"""

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import redis

from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.sessions import open_store
from migrations_app.testing.proxy import TcpProxy
from migrations_app.testing.servers import PostgresServer, RedisServer

TABLE = "snakeweb_sessions"
PREFIX = "session:"
HOUR_MS = 3_600_000


class Seen(NamedTuple):
    """A session as a store holds it. `deadline`: ms since the epoch, None for never."""

    value: bytes
    deadline: int | None


Contents = dict[str, Seen]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Place(ABC):
    """`proxy` stands between the control plane's workers and the server, or is None; clients go straight."""

    proxy: TcpProxy | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def config(self, *, through_proxy: bool = False) -> dict[str, Any]: ...

    @property
    def secrets(self) -> Mapping[str, str]:
        return {}

    @abstractmethod
    def fill(self, sessions: Mapping[str, Seen]) -> None:
        """Write them the way a service without a router does. The place is empty before."""

    @abstractmethod
    def contents(self) -> Contents:
        """Every live session, by a clock of the server's own."""

    @abstractmethod
    def marked(self) -> int:
        """How many sessions are marked for the relay; 0 when there is no journal."""

    @abstractmethod
    def fences(self) -> list[int]:
        """Of each bucket; empty when the store is under no route."""

    @abstractmethod
    def put(self, session_id: str, value: bytes, deadline: int | None) -> None:
        """Write past every guard, as a stray writer would."""

    @abstractmethod
    def remove(self, session_id: str) -> None:
        """Delete past every guard."""

    def close(self) -> None:
        if self.proxy is not None:
            self.proxy.stop()


class OtherTime(RedisServer):
    """A redis-server whose wall clock is ahead; its monotonic clock is not. Needs Debian's package libfaketime."""

    def __init__(self, directory: Path, *, options: Mapping[str, str], ahead_ms: int) -> None:
        super().__init__(directory, options=options)
        self._ahead_ms = ahead_ms

    def _command(self) -> list[str]:
        library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
        if library is None:
            raise RuntimeError("a clock that is off needs libfaketime: apt-get install libfaketime")
        clock = [f"LD_PRELOAD={library}", f"FAKETIME={self._ahead_ms / 1000:+}s", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        return ["/usr/bin/env", *clock, *super()._command()]


class RedisPlace(Place):
    """`ahead_ms`: of its clock; deadlines are given and told by the true one."""

    def __init__(
        self, name: str, directory: Path, *, options: Mapping[str, str] | None = None, ahead_ms: int = 0
    ) -> None:
        super().__init__(name)
        self._ahead_ms = ahead_ms
        options = {"appendonly": "yes", **(options or {})}
        server = OtherTime(directory / name, options=options, ahead_ms=ahead_ms)
        self.server = (server if ahead_ms else RedisServer(directory / name, options=options)).start()

    def _by_its_clock(self, deadline: int | None) -> int | None:
        return None if deadline is None else deadline + self._ahead_ms

    def config(self, *, through_proxy: bool = False) -> dict[str, Any]:
        port = self.proxy.port if through_proxy and self.proxy else self.server.port
        return {"store": "redis", "host": self.server.host, "port": port, "prefix": PREFIX}

    @property
    def secrets(self) -> Mapping[str, str]:
        return self.server.secrets

    @contextmanager
    def client(self) -> Iterator["redis.Redis"]:
        with redis.Redis.from_url(self.server.url) as connected:
            yield connected

    def fill(self, sessions: Mapping[str, Seen]) -> None:
        with self.client() as store:
            pipeline = store.pipeline(transaction=False)
            for session_id, seen in sessions.items():
                pipeline.set(PREFIX + session_id, seen.value, pxat=self._by_its_clock(seen.deadline))
            pipeline.execute()

    def contents(self) -> Contents:
        found: Contents = {}
        with self.client() as store:
            keys = list(store.scan_iter(match=PREFIX + "*", count=2000))
            for start in range(0, len(keys), 2000):
                page = keys[start : start + 2000]
                pipeline = store.pipeline(transaction=False)
                for key in page:
                    pipeline.get(key)
                    pipeline.pexpiretime(key)
                answers = pipeline.execute()
                for key, value, deadline in zip(page, answers[::2], answers[1::2], strict=True):
                    if value is not None:
                        name = key.decode().removeprefix(PREFIX)
                        found[name] = Seen(value, int(deadline) - self._ahead_ms if deadline >= 0 else None)
        return found

    def marked(self) -> int:
        with self.client() as store:
            pipeline = store.pipeline(transaction=False)
            for bucket in range(BUCKETS):
                pipeline.zcard(f"snakeweb:journal:{PREFIX}:{bucket}")
            return sum(pipeline.execute())

    def fences(self) -> list[int]:
        with self.client() as store:
            found = store.mget([f"snakeweb:gate:{PREFIX}:{bucket}" for bucket in range(BUCKETS)])
        return [int(fence) for fence in found if fence is not None]

    def put(self, session_id: str, value: bytes, deadline: int | None) -> None:
        with self.client() as store:
            store.set(PREFIX + session_id, value, pxat=self._by_its_clock(deadline))

    def remove(self, session_id: str) -> None:
        with self.client() as store:
            store.delete(PREFIX + session_id)

    def close(self) -> None:
        super().close()
        self.server.stop()


class SqlPlace(Place):
    """What the two SQL stores have in common: Snakeweb's own table."""

    @abstractmethod
    def run(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """`?` marks a parameter."""

    @abstractmethod
    def there(self, table: str) -> bool: ...

    @abstractmethod
    def insert(self, rows: list[tuple[str, bytes, int | None]]) -> None:
        """Many at once: (key, value, deadline)."""

    def fill(self, sessions: Mapping[str, Seen]) -> None:
        with open_store(self.config(), self.secrets) as store:
            store.initialise(WorkerToken("run:0", 1))
        self.insert([(name, seen.value, seen.deadline) for name, seen in sessions.items()])

    def contents(self) -> Contents:
        if not self.there(TABLE):
            return {}
        rows = self.run(
            f"SELECT key, value, expires_at_ms FROM {TABLE} "  # noqa: S608 - a constant
            "WHERE expires_at_ms IS NULL OR expires_at_ms > ?",
            (now_ms(),),
        )
        return {key: Seen(bytes(value), deadline) for key, value, deadline in rows}

    def marked(self) -> int:
        if not self.there(f"{TABLE}__route"):
            return 0
        return int(self.run(f"SELECT count(*) FROM {TABLE}__route WHERE dirty_at IS NOT NULL")[0][0])  # noqa: S608

    def fences(self) -> list[int]:
        if not self.there(f"{TABLE}__buckets"):
            return []
        return [row[0] for row in self.run(f"SELECT fence FROM {TABLE}__buckets ORDER BY bucket")]  # noqa: S608

    def put(self, session_id: str, value: bytes, deadline: int | None) -> None:
        self.run(
            f"INSERT INTO {TABLE} (key, value, codec, expires_at_ms) VALUES (?, ?, 'opaque', ?) "  # noqa: S608
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at_ms = excluded.expires_at_ms",
            (session_id, value, deadline),
        )

    def remove(self, session_id: str) -> None:
        self.run(f"DELETE FROM {TABLE} WHERE key = ?", (session_id,))  # noqa: S608


class PostgresPlace(SqlPlace):
    """A database of its own on a server that several places may share."""

    def __init__(self, name: str, server: PostgresServer) -> None:
        super().__init__(name)
        self.server = server
        self.database = name.replace("-", "_")
        self.url = server.create_database(self.database)

    def config(self, *, through_proxy: bool = False) -> dict[str, Any]:
        port = self.proxy.port if through_proxy and self.proxy else self.server.port
        return self.server.config() | {"port": port, "database": self.database}

    @property
    def secrets(self) -> Mapping[str, str]:
        return self.server.secrets

    def run(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.replace("?", "%s"), parameters)
            return cursor.fetchall() if cursor.description else []

    def there(self, table: str) -> bool:
        return bool(self.run("SELECT to_regclass(?) IS NOT NULL", (table,))[0][0])

    def insert(self, rows: list[tuple[str, bytes, int | None]]) -> None:
        with psycopg.connect(self.url) as connection:
            connection.cursor().executemany(
                f"INSERT INTO {TABLE} (key, value, codec, expires_at_ms) VALUES (%s, %s, 'opaque', %s)",  # noqa: S608
                rows,
            )


class SqlitePlace(SqlPlace):
    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(name)
        self.path = directory / f"{name}.sqlite3"
        sqlite3.connect(self.path).close()

    def config(self, *, through_proxy: bool = False) -> dict[str, Any]:
        return {"store": "sqlite", "path": str(self.path)}

    def run(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            with connection:
                return connection.execute(statement, parameters).fetchall()
        finally:
            connection.close()

    def insert(self, rows: list[tuple[str, bytes, int | None]]) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.executemany(
                f"INSERT INTO {TABLE} (key, value, codec, expires_at_ms) VALUES (?, ?, 'opaque', ?)",  # noqa: S608
                rows,
            )
        connection.close()

    def there(self, table: str) -> bool:
        return bool(self.run("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)))
