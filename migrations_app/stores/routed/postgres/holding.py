"""All that a table knows of ids, and the re-minting of one: what relay and verifier ask of an authority."""

# ruff: noqa: S608 - made of our own words, and of names that `quoted` has quoted

import json
from collections.abc import Sequence
from typing import Any

from psycopg import errors

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.base import Held, bucket_of
from migrations_app.stores.routed.postgres.functions import minting
from migrations_app.stores.routed.postgres.names import ADOPTION_LOCK
from migrations_app.stores.routed.postgres.parts import NOW_MS, Parts
from migrations_app.stores.routed.postgres.rows import KNOWN_CODECS, holdable
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import raw
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version


class _Changed(Exception):
    """The session is not what the caller saw; the transaction is rolled back."""


class Holding:
    """Over one connection. Raises psycopg's errors."""

    def __init__(self, connection: Connection, parts: Parts, fences: Fences, codec: Codec) -> None:
        self._connection = connection
        self._parts = parts
        self._fences = fences
        self._codec = codec
        names, key = parts.names, parts.key
        side = f"LEFT JOIN {names.side} v ON v.key = t.{key}" if parts.side else ""

        def select(version: str, route: str) -> str:
            return (
                f"SELECT k.id, {version}, t.{key} IS NOT NULL AND {parts.live()}, {parts.selected(converted=True)} "
                f"FROM unnest(%s::text[]) WITH ORDINALITY k(id, n) LEFT JOIN {names.main} t ON t.{key} = k.id {side} "
                f"{route} ORDER BY k.n"
            )

        self._select = raw(
            select("r.epoch, r.seq, r.dead_at IS NOT NULL", f"LEFT JOIN {names.route} r ON r.key = k.id")
        )
        self._select_unrouted = raw(select("NULL::bigint, NULL::bigint, false", ""))
        self._mint = raw(
            minting(
                parts,
                epoch=f"greatest(%(epoch)s, (SELECT b.floor FROM {names.buckets} b WHERE b.bucket = %(bucket)s))",
                dead=f"CASE WHEN %(dead)s THEN {NOW_MS} END",
                marked=NOW_MS,
                bucket="%(bucket)s",
                key="%(key)s",
            )
        )

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        """One statement, so one snapshot."""
        if not ids:
            return []
        names = holdable(ids)
        try:
            rows = self._connection.execute(self._select, [names], binary=True).fetchall()
        except errors.UndefinedTable:
            rows = self._connection.execute(self._select_unrouted, [names], binary=True).fetchall()
        if len(names) == len(ids):
            return [self._held(row) for row in rows]
        found = {row[0]: self._held(row) for row in rows}
        return [found.get(name) or Held(name, UNVERSIONED, False, None) for name in ids]

    def _held(self, row: tuple[Any, ...]) -> Held:
        session_id, epoch, seq, dead, live, value, codec, created, accessed, ttl, expires, extra = row
        version = UNVERSIONED if epoch is None else Version(epoch, seq)
        if not live or value is None:
            return Held(session_id, version, dead, None)
        known = KNOWN_CODECS.get(codec, self._codec) if codec else self._codec
        more = json.loads(extra) if extra else {}
        record = SessionRecord(session_id, bytes(value), known, created, accessed, ttl, expires, more, version)
        return Held(session_id, version, False, record)

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        """Raises LeaseLost."""
        if "\0" in held.id:
            return None
        try:
            with self._connection.transaction():
                self._fences.check(worker)
                return self._remint(held, epoch)
        except _Changed:
            return None

    def _remint(self, held: Held, epoch: int) -> Version:
        """Rows are locked in the clients' order; the seq is minted under both locks."""
        names, key, execute = self._parts.names, self._parts.key, self._connection.execute
        bucket, dead = bucket_of(held.id), held.record is None
        execute(
            raw(f"SELECT set_config('snakeweb.routed', '1', true), pg_advisory_xact_lock_shared({names.lock}, %s)"),
            [bucket],
        )
        if dead:
            execute(raw(f"SELECT pg_advisory_xact_lock({names.lock}, {ADOPTION_LOCK})"))
        execute(raw(f"SELECT FROM {names.main} t WHERE t.{key} = %s FOR UPDATE"), [held.id])
        execute(raw(f"SELECT FROM {names.route} r WHERE r.key = %s FOR UPDATE"), [held.id])
        (now,) = self.fetch([held.id])
        if now.version != held.version or (now.record is None) != dead:
            raise _Changed
        if now.record is not None and held.record is not None and now.record.value != held.record.value:
            raise _Changed
        row = execute(self._mint, {"key": held.id, "bucket": bucket, "epoch": epoch, "dead": dead}).fetchone()
        assert row is not None  # noqa: S101 - an upsert without a condition returns its row
        if dead:
            self._clear(held.id)
        return Version(*row)

    def _clear(self, session_id: str) -> None:
        """An expired row may lie there; a live one came meanwhile."""
        names = self._parts.names
        gone = self._connection.execute(
            raw(f"DELETE FROM {names.main} t WHERE t.{self._parts.key} = %s RETURNING {self._parts.live_of_main()}"),
            [session_id],
        ).fetchall()
        if any(live for (live,) in gone):
            raise _Changed
        if self._parts.side:
            self._connection.execute(raw(f"DELETE FROM {names.side} v WHERE v.key = %s"), [session_id])
