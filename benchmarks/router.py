"""What the router costs: each call beside the bare client of its store, interleaved, with and without a journal."""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis

from migrations_app.engine.ports import RouteRecord, WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource
from migrations_app.stores.routed.opening import open_routed
from migrations_app.testing.memory import MemoryRoutes
from migrations_app.testing.servers import PostgresServer, RedisServer

VALUE = b"x" * 300
IDS = [f"session-{number:05d}" for number in range(500)]
WORKER = WorkerToken("run:1", 1)
LIFETIME_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Pair:
    """The same effect twice: by the bare client and by the router. `goal` is a ratio, or microseconds when `by_us`."""

    name: str
    bare: Callable[[str], object]
    routed: Callable[[str], object]
    goal: float
    by_us: bool = False


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def router(config: dict[str, Any], secrets: dict[str, str], phase: RoutePhase) -> Iterator[SessionRouter]:
    """Over one store, joined when the phase has fences."""
    routes = MemoryRoutes()
    fenced = phase is not RoutePhase.PLAIN_A
    routes.publish(RouteRecord("bench", 5, phase, "a", {"a": "a"}, fenced=fenced), expected_epoch=None)
    with open_routed(config, secrets) as store:
        store.sessions.initialise(WORKER)
        if fenced:
            store.join(WORKER, route="bench", fence=1, document="{}", epoch=1)
        source = MemoryRouteSource(routes, "bench")
        frozen = source.current()
        source.current = lambda: frozen  # type: ignore[method-assign] # a process hears of news; it does not ask each time
        with SessionRouter(source, {"a": config}, secrets={"a": secrets}) as routed:
            yield routed
        if fenced:
            store.leave(WORKER)


def redis_pairs(server: RedisServer, phase: RoutePhase) -> Iterator[Pair]:
    client = redis.Redis.from_url(server.url)
    config = server.config(prefix="bench:")
    reads, writes = (1.10, 1.35) if phase is not RoutePhase.PLAIN_A else (10, 10)
    with router(config, dict(server.secrets), phase) as routed:
        yield from _pairs(
            "Redis",
            lambda id_: client.get(f"bench:{id_}"),
            lambda id_: client.set(f"bench:{id_}", VALUE, pxat=now_ms() + LIFETIME_MS),
            routed,
            phase,
            reads,
            writes,
        )


def postgres_pairs(server: PostgresServer, phase: RoutePhase) -> Iterator[Pair]:
    config = server.config(table=f"bench_{phase}")
    reads, writes = (1.15, 1.40) if phase is not RoutePhase.PLAIN_A else (10, 10)
    with router(config, dict(server.secrets), phase) as routed, psycopg.connect(server.url, autocommit=True) as bare:
        bare.prepare_threshold = 0
        bare.execute("CREATE TABLE IF NOT EXISTS bare (key text PRIMARY KEY, value bytea, expires_at_ms bigint)")
        yield from _pairs(
            "PostgreSQL",
            lambda id_: bare.execute("SELECT value, expires_at_ms FROM bare WHERE key = %s", [id_]).fetchone(),
            lambda id_: bare.execute(
                "INSERT INTO bare VALUES (%s, %s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value, "
                "expires_at_ms = excluded.expires_at_ms",
                [id_, VALUE, now_ms() + LIFETIME_MS],
            ),
            routed,
            phase,
            reads,
            writes,
        )


def sqlite_pairs(directory: Path, phase: RoutePhase) -> Iterator[Pair]:
    path = directory / f"bench-{phase}.sqlite3"
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("CREATE TABLE IF NOT EXISTS bare (key TEXT PRIMARY KEY, value BLOB, expires_at_ms INTEGER)")
    goal = 40 if phase is not RoutePhase.PLAIN_A else 10
    with router({"store": "sqlite", "path": str(path)}, {}, phase) as routed:
        yield from _pairs(
            "SQLite",
            lambda id_: bare.execute("SELECT value, expires_at_ms FROM bare WHERE key = ?", [id_]).fetchone(),
            lambda id_: bare.execute(
                "INSERT INTO bare VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, "
                "expires_at_ms = excluded.expires_at_ms",
                [id_, VALUE, now_ms() + LIFETIME_MS],
            ),
            routed,
            phase,
            goal,
            goal,
            by_us=True,
        )
    bare.close()


def _pairs(
    name: str,
    read: Callable[[str], object],
    write: Callable[[str], object],
    routed: SessionRouter,
    phase: RoutePhase,
    reads: float,
    writes: float,
    *,
    by_us: bool = False,
) -> Iterator[Pair]:
    by_us = by_us or phase is RoutePhase.PLAIN_A

    def set_it(id_: str) -> object:
        return routed.set(id_, VALUE, expires_at_ms=now_ms() + LIFETIME_MS)

    for id_ in IDS:
        write(id_)
        set_it(id_)
    yield Pair(f"{name} {phase} read", read, routed.get, reads, by_us)
    yield Pair(f"{name} {phase} write", write, set_it, writes, by_us)


def overhead(pair: Pair, rounds: int, calls: int) -> tuple[float, float, float]:
    """Medians of the rounds: bare p50 in us, routed p50 in us, and what the goal speaks of (ratio, or us added)."""
    bare, routed, compared = [], [], []
    for _ in range(rounds):
        one, other = _p50(pair.bare, calls), _p50(pair.routed, calls)
        bare.append(one)
        routed.append(other)
        compared.append(other - one if pair.by_us else other / one)
    return statistics.median(bare), statistics.median(routed), statistics.median(compared)


def _p50(call: Callable[[str], object], calls: int) -> float:
    took = []
    for number in range(calls):
        id_ = IDS[number % len(IDS)]
        began = time.perf_counter_ns()
        call(id_)
        took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1000


def report(
    redis_server: RedisServer, postgres_server: PostgresServer, directory: Path, rounds: int, calls: int
) -> None:
    print(f"Router overhead, {calls} calls a round, p50 of each round; PostgreSQL and SQLite sync what they commit")
    for phase in (RoutePhase.PLAIN_A, RoutePhase.DUAL_A):
        for pairs in (
            redis_pairs(redis_server, phase),
            postgres_pairs(postgres_server, phase),
            sqlite_pairs(directory, phase),
        ):
            for pair in pairs:
                bare, routed, compared = overhead(pair, rounds, calls)
                said = f"x {compared:.2f} (goal {pair.goal:.2f})"
                if pair.by_us:
                    said = f"{compared:+.1f} us (goal {pair.goal:.0f})"
                print(f"  {pair.name:<28} bare {bare:7.1f} us   router {routed:7.1f} us   {said}", flush=True)
    print()
