"""Sessions in Redis under a route: clients' calls (`serving`), the carriers' (`carrying`), all else (`standing`)."""

from collections.abc import Mapping, Sequence

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.routed.base import (
    Adopted,
    Condition,
    Guard,
    Held,
    JournalState,
    Mark,
    RoutedStore,
    Tombstone,
    Written,
)
from migrations_app.stores.routed.redis.carrying import Carrying
from migrations_app.stores.routed.redis.keys import RouteKeys
from migrations_app.stores.routed.redis.serving import Serving
from migrations_app.stores.routed.redis.standing import Standing
from migrations_app.stores.routed.redis.watching import Watch
from migrations_app.stores.routed.redis.wire import Wire
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.records import SessionRecord, Version
from migrations_app.stores.sessions.redis.layout import RedisLayout
from migrations_app.stores.sessions.redis.store import RedisStore


class RoutedRedis(RoutedStore):
    """A guard refused with fence 0: this store is under no route, or lost the bucket's fence."""

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self.sessions = RedisStore(config, secrets, read_only=read_only)
        self._wire = Wire(config, secrets, read_only=read_only)
        parts = (RedisLayout(config), RouteKeys(config["prefix"]), self._wire)
        self._serving = Serving(*parts)
        self._carrying = Carrying(*parts)
        self._standing = Standing(*parts)
        self._watch = Watch(config, secrets, read_only=read_only)
        self._changed: set[str] = set()

    def close(self) -> None:
        self._wire.close()
        self._watch.close()
        self.sessions.close()

    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        return self._serving.read(session_id, guard)

    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        *,
        lifetime_ms: int | None = None,
        condition: Condition = Condition.ANY,
        expected: Version | None = None,
    ) -> Written:
        """A plain write notes beside the value what that has no room for; what was noted of the session before goes,
        but for the route's own part."""
        return self._serving.write(session, guard, lifetime_ms, condition, expected)

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        return self._serving.touch(session_id, guard, lifetime_ms)

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        return self._serving.delete(session_id, guard)

    def join(self, worker: WorkerToken, *, route: str, fence: int, document: str, epoch: int) -> None:
        """Raises ValidationFailed when the store is under a route of another name."""
        self._standing.join(worker, route, fence, document, epoch)

    def leave(self, worker: WorkerToken) -> None:
        self._standing.leave(worker)

    def joined(self) -> bool:
        return self._standing.joined()

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        self._standing.raise_fence(buckets, epoch, worker)

    def fences(self) -> Sequence[int]:
        """A fence that the server has lost is 0; guards are refused there until the store joins again."""
        return self._standing.fences()

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        self._standing.mirror(document, epoch, worker)

    def mirrored(self) -> str:
        return self._standing.mirrored()

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        return self._carrying.marks(buckets, limit)

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        return self._carrying.acknowledge(marks, worker)

    def marked(self, ids: Sequence[str]) -> set[str]:
        return self._carrying.marked(ids)

    def journal(self, buckets: Sequence[int]) -> JournalState:
        return self._carrying.journal(buckets)

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        return self._carrying.fetch(ids)

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        return self._carrying.adopt(held, worker, skew_ms)

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        return self._carrying.remint(held, worker, epoch)

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        return self._standing.tombstones(cursor, limit)

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        return self._standing.forget(tombstones, worker)

    def legacy_writes(self) -> int:
        return self._standing.legacy_writes()

    def changed_ids(self) -> list[str]:
        """Of live watching (`Watch`): whoever wrote them, also what expired. The first call begins it."""
        ids = self._watch.changed()
        self._changed = set(ids)
        return ids

    def watches(self) -> bool:
        """False also for a user without CLIENT TRACKING, where the connection was lost, or the database flushed."""
        return self._watch.told_all()

    def suspects(self, ids: Sequence[str], worker: WorkerToken) -> int:
        """Also finds deadlines that were moved, and live sessions over tombstones.

        A live session that no guarded write has touched counts only when the last `changed_ids` named it: else it
        may be one from before the route.
        """
        return self._carrying.suspects(ids, worker, self._changed)

    def now_ms(self) -> int:
        return self._standing.now_ms()

    def incarnation(self) -> str:
        return self._standing.incarnation()

    def highest_seqs(self) -> Sequence[int]:
        return self._standing.highest_seqs()
