"""The journal of marks, and the tombstones, in `<t>__route`."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

from collections.abc import Sequence

from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.base import JournalState, Mark, Tombstone, bucket_of
from migrations_app.stores.routed.postgres.names import SEQUENCE_LOCK, RouteNames
from migrations_app.stores.routed.postgres.parts import NOW_MS
from migrations_app.stores.routed.postgres.rows import holdable
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import raw
from migrations_app.stores.sessions.records import Version

_GIVEN = "unnest(%s::text[], %s::bigint[], %s::bigint[]) g(key, epoch, seq)"
_SAME = "r.key = g.key AND r.epoch = g.epoch AND r.seq = g.seq"


class Journal:
    """Over one connection. Raises psycopg's errors, and LeaseLost."""

    def __init__(self, connection: Connection, names: RouteNames, fences: Fences) -> None:
        self._connection = connection
        self._names = names
        self._fences = fences

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        """Oldest first; the index is read in that order, and stops at the limit."""
        statement = (
            f"SELECT key, bucket, epoch, seq, dirty_at FROM {self._names.route} WHERE dirty_at IS NOT NULL"
            f"{_of(buckets)} ORDER BY dirty_at LIMIT %s"
        )
        rows = self._connection.execute(raw(statement), [*_numbers(buckets), limit]).fetchall()
        return [Mark(key, bucket, Version(epoch, seq), since) for key, bucket, epoch, seq, since in rows]

    def marked(self, ids: Sequence[str]) -> set[str]:
        statement = raw(f"SELECT key FROM {self._names.route} WHERE key = ANY(%s) AND dirty_at IS NOT NULL")
        return {row[0] for row in self._connection.execute(statement, [holdable(ids)])}

    def state(self, buckets: Sequence[int]) -> JournalState:
        statement = (
            f"SELECT count(*), greatest(0, {NOW_MS} - min(dirty_at)) FROM {self._names.route} "
            f"WHERE dirty_at IS NOT NULL{_of(buckets)}"
        )
        row = self._connection.execute(raw(statement), _numbers(buckets)).fetchone()
        return JournalState(int(row[0]), int(row[1] or 0)) if row and row[0] else JournalState(0, 0)

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        """Rows are locked in the order of keys, like everywhere where there are many."""
        statement = (
            f"WITH still AS (SELECT r.key FROM {self._names.route} r JOIN {_GIVEN} ON {_SAME} "
            "WHERE r.dirty_at IS NOT NULL ORDER BY r.key FOR UPDATE OF r) "
            f"UPDATE {self._names.route} r SET dirty_at = NULL FROM still WHERE r.key = still.key"
        )
        with self._connection.transaction():
            self._fences.check(worker)
            return self._connection.execute(raw(statement), _versions(marks)).rowcount

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        """By age. A cursor names the last one by time and MD5, as ids do not belong into cursors."""
        since, _, digest = cursor.partition("|")
        statement = (
            f"SELECT key, epoch, seq, dead_at, md5(key) FROM {self._names.route} WHERE dead_at IS NOT NULL "
            "AND (dead_at, md5(key)) > (%s, %s) ORDER BY dead_at, md5(key) LIMIT %s"
        )
        rows = self._connection.execute(raw(statement), [int(since or -1), digest, limit + 1]).fetchall()
        page = [Tombstone(key, Version(epoch, seq), since) for key, epoch, seq, since, _ in rows[:limit]]
        return page, f"{rows[limit - 1][3]}|{rows[limit - 1][4]}" if len(rows) > limit else ""

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        """What is forgotten must stay below what comes: the buckets keep the epoch, the sequence the seq.

        A write that has read its bucket's row before would not know; a bucket in which one is under way is left out
        rather than waited for.
        """
        names = self._names
        free = raw(f"SELECT n FROM unnest(%s::int[]) n WHERE pg_try_advisory_xact_lock({names.lock}, n)")
        forgotten = raw(
            f"WITH gone AS (DELETE FROM {names.route} r USING {_GIVEN} WHERE {_SAME} AND r.dead_at IS NOT NULL "
            "AND r.dirty_at IS NULL AND r.bucket = ANY(%s) RETURNING r.bucket, r.epoch, r.seq), "
            "highest AS (SELECT bucket, max(epoch) AS epoch FROM gone GROUP BY bucket), "
            f"kept AS (UPDATE {names.buckets} b SET floor = highest.epoch FROM highest "
            "WHERE b.bucket = highest.bucket AND b.floor < highest.epoch) "
            "SELECT count(*), max(seq) FROM gone"
        )
        with self._connection.transaction():
            self._fences.check(worker)
            buckets = sorted({bucket_of(dead.id) for dead in tombstones})
            got = [row[0] for row in self._connection.execute(free, [buckets])]
            row = self._connection.execute(forgotten, [*_versions(tombstones), got]).fetchone()
            count, seq = row or (0, None)
            if seq is not None:
                self.lift_sequence(seq)
            return int(count)

    def lift_sequence(self, seq: int) -> None:
        """Within a transaction: what is minted from now on is above this.

        `setval` is not of the transaction; the lock keeps two workers from setting it back.
        """
        names, execute = self._names, self._connection.execute
        behind = raw(f"SELECT FROM {names.of('seq')} WHERE last_value < %s OR NOT is_called")
        if execute(behind, [seq]).fetchone() is None:
            return
        execute(raw(f"SELECT pg_advisory_xact_lock({names.lock}, {SEQUENCE_LOCK})"))
        execute(
            raw(
                f"SELECT setval({names.sequence('seq')}, %s) FROM {names.of('seq')} "
                "WHERE last_value < %s OR last_value = %s AND NOT is_called"
            ),
            [seq, seq, seq],
        )

    def highest_seq(self) -> int:
        row = self._connection.execute(
            raw(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {self._names.of('seq')}")
        ).fetchone()
        return int(row[0]) if row else 0

    def legacy_writes(self) -> int:
        row = self._connection.execute(
            raw(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {self._names.of('legacy')}")
        ).fetchone()
        return int(row[0]) if row else 0


def _of(buckets: Sequence[int]) -> str:
    return "" if len(set(buckets)) == BUCKETS else " AND bucket = ANY(%s)"


def _numbers(buckets: Sequence[int]) -> list[list[int]]:
    return [list(buckets)] if _of(buckets) else []


def _versions(given: Sequence[Mark] | Sequence[Tombstone]) -> list[list[object]]:
    usable = set(holdable([each.id for each in given]))
    known = [each for each in given if each.id in usable]
    return [
        [each.id for each in known],
        [each.version.epoch for each in known],
        [each.version.seq for each in known],
    ]
