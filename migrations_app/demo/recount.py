"""An independent look at both sides, over connections of the demo's own: nothing of Snakeweb's stores is used.

The sessions that the traffic never writes (`quiet:`) are compared one by one; the others have belonged to the target
alone since the switch. The layout is the demo deployment's: Redis strings, and the default table in PostgreSQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

QUIET = "quiet:"
PAGE = 2000
DEADLINE_TOLERANCE_MS = 1000
TABLE = "snakeweb_sessions"

Held = tuple[bytes, int | None]  # (value, absolute deadline in ms)


@dataclass(frozen=True, slots=True)
class Recount:
    """`on_target` is the number of live sessions there; `compared` of them were held against the source."""

    on_target: int
    compared: int
    missing: int
    extra: int
    value: int
    deadline: int

    @property
    def mismatches(self) -> int:
        return self.missing + self.extra + self.value + self.deadline


def recount(redis_url: str, prefix: str, postgres_url: str) -> Recount:
    """Compare every quiet session on the source with the target. Deadlines may differ by one second."""
    with redis.Redis.from_url(redis_url) as source, psycopg.connect(postgres_url) as target:
        expected = dict(quiet_in_redis(source, prefix))
        found = dict(quiet_in_postgres(target))
        on_target = count(target)
    both = expected.keys() & found.keys()
    return Recount(
        on_target=on_target,
        compared=len(expected),
        missing=len(expected.keys() - found.keys()),
        extra=len(found.keys() - expected.keys()),
        value=sum(expected[key][0] != found[key][0] for key in both),
        deadline=sum(not close(expected[key][1], found[key][1]) for key in both),
    )


def close(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= DEADLINE_TOLERANCE_MS


def quiet_in_redis(source: redis.Redis, prefix: str) -> Iterator[tuple[str, Held]]:
    keys = sorted({key.decode() for key in source.scan_iter(match=f"{prefix}{QUIET}*", count=PAGE)})
    for start in range(0, len(keys), PAGE):
        page = keys[start : start + PAGE]
        pipeline = source.pipeline(transaction=False)
        for key in page:
            pipeline.get(key)
            pipeline.pexpiretime(key)
        answers: list[Any] = pipeline.execute()
        for key, value, deadline in zip(page, answers[::2], answers[1::2], strict=True):
            if value is not None:
                yield key.removeprefix(prefix), (value, None if deadline < 0 else int(deadline))


def quiet_in_postgres(target: psycopg.Connection[Any]) -> Iterator[tuple[str, Held]]:
    query = f"SELECT key, value, expires_at_ms FROM {TABLE} WHERE key LIKE %s"  # noqa: S608 - a constant
    for key, value, deadline in target.execute(query, (f"{QUIET}%",)):
        yield key, (bytes(value), deadline)


def count(target: psycopg.Connection[Any]) -> int:
    alive = "expires_at_ms IS NULL OR expires_at_ms > extract(epoch FROM clock_timestamp()) * 1000"
    row = target.execute(f"SELECT count(*) FROM {TABLE} WHERE {alive}").fetchone()  # noqa: S608 - constants
    return int(row[0]) if row else 0


def flip_one_byte(postgres_url: str) -> str:
    """Damage one value on the target, as bad memory or a stray writer would; the id of the session it belongs to."""
    with psycopg.connect(postgres_url) as target:
        row = target.execute(
            f"UPDATE {TABLE} SET value = set_byte(value, 0, get_byte(value, 0) # 1) WHERE key = "  # noqa: S608
            f"(SELECT min(key) FROM {TABLE} WHERE key LIKE %s) RETURNING key",
            (f"{QUIET}%",),
        ).fetchone()
    if row is None:
        raise LookupError("the target holds no session to damage")
    return str(row[0])
