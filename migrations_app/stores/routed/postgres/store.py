"""A session table of PostgreSQL under a route."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import psycopg
from psycopg import errors

from migrations_app.engine.ports import BUCKETS, WorkerToken
from migrations_app.stores.routed.base import (
    Adopted,
    Condition,
    Fenced,
    Guard,
    Held,
    JournalState,
    Mark,
    RoutedStore,
    Tombstone,
    WriteOutcome,
    Written,
)
from migrations_app.stores.routed.postgres.binding import Binding
from migrations_app.stores.routed.postgres.incarnation import incarnation
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.postgres.connection import domain_errors
from migrations_app.stores.sessions.postgres.store import PostgresStore
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version

T = TypeVar("T")
_ABSENT = (errors.UndefinedTable, errors.UndefinedFunction)


class RoutedPostgres(RoutedStore):
    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self.sessions: PostgresStore = PostgresStore(config, secrets, read_only=read_only)
        self._config = config
        self._bound: Binding | None = None

    def close(self) -> None:
        self._bound = None
        self.sessions.close()

    def _bind(self) -> Binding:
        """What holds for this connection and this layout; both may be new since the last call."""
        connection, layout = self.sessions.connection(), self.sessions.layout()
        bound = self._bound
        if bound is None or bound.connection is not connection or bound.layout is not layout:
            bound = self._bound = Binding(connection, layout, self.sessions.fences(), self._config.codec)
        return bound

    def _bind_whole(self, guard: Guard | None = None) -> Binding:
        """As `_bind`, with the side table that somebody has made since the last look: parts of sessions lie there.

        Under a guard there is one (`join`); else the server is asked, as long as there is none.
        """
        bound = self._bind()
        if bound.lacks_side and (guard is not None or bound.side_has_come()):
            self.sessions.forget_layout()
            bound = self._bind()
        return bound

    def _call(self, guard: Guard | None, call: Callable[[Binding], T]) -> T:
        """A client's call. Where the route's tables or functions are not as they were, it looks at them again once."""
        try:
            try:
                return call(self._bind_whole(guard))
            except _ABSENT:
                self.sessions.forget_layout()
                bound = self._bind()
                if guard is not None and not bound.joining.joined():
                    raise Fenced(guard.epoch + 1) from None
                return call(bound)
        except psycopg.Error as error:
            with domain_errors(self._config):
                raise error
            raise AssertionError from error  # `domain_errors` raises

    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        if "\0" in session_id:
            return None
        if guard is None:
            return self._call(None, lambda bound: bound.plain.read(session_id))
        return self._call(guard, lambda bound: bound.guarded.read(session_id, guard))

    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        *,
        lifetime_ms: int | None = None,
        condition: Condition = Condition.ANY,
        expected: Version | None = None,
    ) -> Written:
        if guard is None:
            return self._call(None, lambda bound: bound.plain.write(session, lifetime_ms, condition, expected))
        return self._call(guard, lambda bound: bound.guarded.write(session, guard, lifetime_ms, condition, expected))

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        if "\0" in session_id:
            return Written(WriteOutcome.MISSING, UNVERSIONED)
        if guard is None:
            return self._call(None, lambda bound: bound.plain.touch(session_id, lifetime_ms))
        return self._call(guard, lambda bound: bound.guarded.touch(session_id, guard, lifetime_ms))

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        if "\0" in session_id:
            return False
        if guard is None:
            return self._call(None, lambda bound: bound.plain.delete(session_id))
        return self._call(guard, lambda bound: bound.guarded.delete(session_id, guard))

    def join(self, worker: WorkerToken, *, route: str, fence: int, document: str, epoch: int) -> None:
        with domain_errors(self._config):
            self.sessions.prepare_side(worker)
            self._bind().joining.join(worker, route, fence, document, epoch)

    def leave(self, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            self._bind().joining.leave(worker)

    def joined(self) -> bool:
        with domain_errors(self._config):
            return self._bind().joining.joined()

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        with domain_errors(self._config):
            self._bind().joining.raise_fence(buckets, epoch, worker, within_ms)

    def fences(self) -> Sequence[int]:
        with domain_errors(self._config):
            try:
                return self._bind().joining.fences()
            except errors.UndefinedTable:
                return []

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        with domain_errors(self._config):
            self._bind().joining.mirror(document, epoch, worker)

    def mirrored(self) -> str:
        with domain_errors(self._config):
            try:
                return self._bind().joining.mirrored()
            except errors.UndefinedTable:
                return ""

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        with domain_errors(self._config):
            return self._bind().journal.marks(buckets, limit)

    def marked(self, ids: Sequence[str]) -> set[str]:
        with domain_errors(self._config):
            return self._bind().journal.marked(ids)

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        with domain_errors(self._config):
            return self._bind().journal.acknowledge(marks, worker)

    def journal(self, buckets: Sequence[int]) -> JournalState:
        with domain_errors(self._config):
            return self._bind().journal.state(buckets)

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        with domain_errors(self._config):
            return self._bind_whole().holding.fetch(ids)

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        with domain_errors(self._config):
            return self._bind_whole().adopter.adopt(held, worker, skew_ms)

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        with domain_errors(self._config):
            return self._bind_whole().holding.remint(held, worker, epoch)

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        with domain_errors(self._config):
            return self._bind().journal.tombstones(cursor, limit)

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        with domain_errors(self._config):
            return self._bind().journal.forget(tombstones, worker)

    def legacy_writes(self) -> int:
        with domain_errors(self._config):
            return self._bind().journal.legacy_writes()

    def now_ms(self) -> int:
        with domain_errors(self._config):
            return self._bind().clock.now_ms()

    def incarnation(self) -> str:
        with domain_errors(self._config):
            return incarnation(self.sessions.connection(), self._config)

    def highest_seqs(self) -> Sequence[int]:
        """One sequence mints for every bucket."""
        with domain_errors(self._config):
            return [self._bind().journal.highest_seq()] * BUCKETS
