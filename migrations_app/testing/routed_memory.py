"""A store under a route in memory: the reference that property tests compare real stores with.

Plain writes are seen as SQL stores see them by trigger: versioned, marked and counted at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from migrations_app.engine.errors import Problem, ValidationFailed
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
    bucket_of,
)
from migrations_app.stores.sessions.applying import later
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.testing.session_memory import (
    BucketState,
    MemoryPlace,
    MemorySessions,
    RouteState,
    Watched,
    refuse_read_only,
)


class MemoryRoutedStore(RoutedStore):
    def __init__(self, place: MemoryPlace, *, read_only: bool = False) -> None:
        self.sessions = MemorySessions(place, read_only=read_only)
        self._place = place
        self._read_only = read_only

    def read(self, session_id: str, guard: Guard | None) -> SessionRecord | None:
        with self._place.lock:
            if guard is None:
                record = self._place.live(session_id)
                return replace(record, version=UNVERSIONED) if record else None
            self._route(session_id, guard)
            return self._held(session_id).record

    def write(
        self,
        session: SessionRecord,
        guard: Guard | None,
        *,
        lifetime_ms: int | None = None,
        condition: Condition = Condition.ANY,
        expected: Version | None = None,
    ) -> Written:
        def outcome(there: SessionRecord | None) -> WriteOutcome:
            if condition is Condition.ABSENT and there is not None:
                return WriteOutcome.EXISTS
            if there is None and (condition is Condition.PRESENT or expected is not None):
                return WriteOutcome.MISSING
            if there is not None and expected is not None and there.version != expected:
                return WriteOutcome.CHANGED
            return WriteOutcome.WRITTEN

        def after(_: SessionRecord | None) -> SessionRecord:
            deadline = session.expires_at_ms if lifetime_ms is None else self._place.now_ms + lifetime_ms
            return replace(session, expires_at_ms=deadline)

        return self._change(session.id, guard, outcome, after)

    def touch(self, session_id: str, guard: Guard | None, lifetime_ms: int | None = None) -> Written:
        def outcome(there: SessionRecord | None) -> WriteOutcome:
            return WriteOutcome.WRITTEN if there else WriteOutcome.MISSING

        def after(there: SessionRecord | None) -> SessionRecord:
            assert there is not None  # noqa: S101 - `outcome` has seen to it
            length = there.ttl_ms if lifetime_ms is None else lifetime_ms
            return there if length is None else replace(there, expires_at_ms=self._place.now_ms + length)

        return self._change(session_id, guard, outcome, after)

    def _change(
        self,
        session_id: str,
        guard: Guard | None,
        outcome: Callable[[SessionRecord | None], WriteOutcome],
        after: Callable[[SessionRecord | None], SessionRecord],
    ) -> Written:
        refuse_read_only(self._read_only)
        with self._place.lock:
            route = self._route(session_id, guard) if guard else self._place.route
            there = self._held(session_id).record
            if there is not None and guard is None:
                there = replace(there, version=UNVERSIONED)
            what = outcome(there)
            if what is not WriteOutcome.WRITTEN:
                return Written(what, there.version, there.expires_at_ms) if there else Written(what, UNVERSIONED)
            record = replace(after(there), version=UNVERSIONED)
            self._place.rows[session_id] = record
            version = self._stamp(route, session_id, guard)
            return Written(what, version if guard else UNVERSIONED, record.expires_at_ms)

    def delete(self, session_id: str, guard: Guard | None) -> bool:
        refuse_read_only(self._read_only)
        with self._place.lock:
            route = self._route(session_id, guard) if guard else self._place.route
            lived = self._place.live(session_id) is not None
            was_there = self._place.rows.pop(session_id, None) is not None
            if guard or was_there:
                self._stamp(route, session_id, guard, dead=True)
            return lived

    def _route(self, session_id: str, guard: Guard) -> RouteState:
        route = self._place.route
        if route is None:
            raise Fenced(0)
        fence = route.buckets[bucket_of(session_id)].fence
        if fence > guard.epoch:
            raise Fenced(fence, route.document)
        return route

    def _stamp(self, route: RouteState | None, session_id: str, guard: Guard | None, *, dead: bool = False) -> Version:
        """A version for what has just changed, and the mark."""
        if route is None:
            return UNVERSIONED
        if guard is None:
            route.legacy += 1
        version = self._mint(route, session_id, guard.epoch if guard else 0)
        self._watch(route, session_id, version, dead=dead, marked=guard is None or guard.journaled)
        return version

    def _mint(self, route: RouteState, session_id: str, epoch: int) -> Version:
        bucket = route.buckets[bucket_of(session_id)]
        bucket.epoch = max(bucket.epoch, bucket.fence if epoch == 0 else epoch)
        bucket.seq += 1
        return Version(bucket.epoch, bucket.seq)

    def _watch(self, route: RouteState, session_id: str, version: Version, *, dead: bool, marked: bool) -> None:
        before = route.watched.get(session_id)
        since = before.dirty_at_ms if before else None
        if since is None and marked:
            since = self._place.now_ms
        route.watched[session_id] = Watched(version, self._place.now_ms if dead else None, since)

    def _held(self, session_id: str) -> Held:
        record = self._place.live(session_id)
        watched = self._place.route.watched.get(session_id) if self._place.route else None
        version = watched.version if watched else UNVERSIONED
        dead = watched is not None and watched.dead_at_ms is not None
        return Held(session_id, version, dead, replace(record, version=version) if record else None)

    def join(self, worker: WorkerToken, *, route: str, fence: int, document: str, epoch: int) -> None:
        with self._place.lock:
            self._check(worker)
            if self._place.route is None:
                self._place.route = RouteState(document, epoch, [BucketState(fence) for _ in range(BUCKETS)])
            for bucket in self._place.route.buckets:
                bucket.fence = max(bucket.fence, fence)
            self.mirror(document, epoch, worker)

    def leave(self, worker: WorkerToken) -> None:
        with self._place.lock:
            self._check(worker)
            self._place.route = None

    def joined(self) -> bool:
        return self._place.route is not None

    def raise_fence(self, buckets: Sequence[int], epoch: int, worker: WorkerToken, *, within_ms: int = 2000) -> None:
        with self._place.lock:
            self._check(worker)
            for bucket in buckets:
                state = self._joined().buckets[bucket]
                state.fence = max(state.fence, epoch)

    def fences(self) -> Sequence[int]:
        return [bucket.fence for bucket in self._place.route.buckets] if self._place.route else []

    def mirror(self, document: str, epoch: int, worker: WorkerToken) -> None:
        with self._place.lock:
            self._check(worker)
            route = self._joined()
            if epoch > route.epoch:
                route.document, route.epoch = document, epoch

    def mirrored(self) -> str:
        return self._place.route.document if self._place.route else ""

    def marks(self, buckets: Sequence[int], limit: int) -> list[Mark]:
        with self._place.lock:
            watched = self._place.route.watched if self._place.route else {}
            marks = [
                Mark(name, bucket_of(name), state.version, state.dirty_at_ms)
                for name, state in watched.items()
                if state.dirty_at_ms is not None and bucket_of(name) in buckets
            ]
            return sorted(marks, key=lambda mark: mark.since_ms)[:limit]

    def acknowledge(self, marks: Sequence[Mark], worker: WorkerToken) -> int:
        gone = 0
        with self._place.lock:
            self._check(worker)
            for mark in marks:
                state = self._joined().watched.get(mark.id)
                if state and state.version == mark.version and state.dirty_at_ms is not None:
                    state.dirty_at_ms = None
                    gone += 1
        return gone

    def marked(self, ids: Sequence[str]) -> set[str]:
        with self._place.lock:
            watched = self._place.route.watched if self._place.route else {}
            return {name for name in ids if name in watched and watched[name].dirty_at_ms is not None}

    def journal(self, buckets: Sequence[int]) -> JournalState:
        with self._place.lock:
            marks = self.marks(buckets, len(self._place.rows) + 10**9)
            return JournalState(len(marks), self._place.now_ms - marks[0].since_ms if marks else 0)

    def fetch(self, ids: Sequence[str]) -> list[Held]:
        with self._place.lock:
            return [self._held(name) for name in ids]

    def adopt(self, held: Sequence[Held], worker: WorkerToken, *, skew_ms: int = 0) -> Adopted:
        with self._place.lock:
            self._check(worker)
            route = self._joined()
            outcomes = [self._adopt(route, each, skew_ms) for each in held]
        return Adopted(*(outcomes.count(what) for what in ("written", "raised", "refused")))

    def _adopt(self, route: RouteState, given: Held, skew_ms: int) -> str:
        there = self._held(given.id)
        if given.dead:
            if given.version <= there.version:
                return "refused"
            self._place.rows.pop(given.id, None)
            return self._adopted(route, given)
        if given.record is None:
            return "refused"
        deadline = None if given.record.expires_at_ms is None else given.record.expires_at_ms + skew_ms
        if deadline is not None and deadline <= self._place.now_ms:
            return "refused"
        if given.version > there.version or (there.version == UNVERSIONED and there.record is None):
            self._place.rows[given.id] = replace(given.record, expires_at_ms=deadline, version=UNVERSIONED)
            return self._adopted(route, given) if given.version > UNVERSIONED else "written"
        if given.version == there.version and there.record is not None:
            raised = later(deadline, there.record.expires_at_ms)
            if raised != there.record.expires_at_ms:
                self._place.rows[given.id] = replace(self._place.rows[given.id], expires_at_ms=raised)
                return "raised"
        return "refused"

    def _adopted(self, route: RouteState, given: Held) -> str:
        self._watch(route, given.id, given.version, dead=given.dead, marked=False)
        bucket = route.buckets[bucket_of(given.id)]  # what is minted here from now on is newer than what came
        bucket.epoch, bucket.seq = max(bucket.epoch, given.version.epoch), max(bucket.seq, given.version.seq)
        return "written"

    def remint(self, held: Held, worker: WorkerToken, epoch: int) -> Version | None:
        with self._place.lock:
            self._check(worker)
            route, there = self._joined(), self._held(held.id)
            same_value = (there.record and there.record.value) == (held.record and held.record.value)
            if there.version != held.version or not same_value:
                return None
            if held.record is None:
                self._place.rows.pop(held.id, None)
            version = self._mint(route, held.id, epoch)
            self._watch(route, held.id, version, dead=held.record is None, marked=True)
            return version

    def tombstones(self, cursor: str, limit: int) -> tuple[list[Tombstone], str]:
        with self._place.lock:
            watched = self._place.route.watched if self._place.route else {}
            names = sorted(name for name, state in watched.items() if name > cursor and state.dead_at_ms is not None)
            page = [Tombstone(name, watched[name].version, watched[name].dead_at_ms or 0) for name in names[:limit]]
            return page, names[limit - 1] if len(names) > limit else ""

    def forget(self, tombstones: Sequence[Tombstone], worker: WorkerToken) -> int:
        """A tombstone that is marked still stays: the replica has not heard of it."""
        gone = 0
        with self._place.lock:
            self._check(worker)
            watched = self._joined().watched
            for dead in tombstones:
                state = watched.get(dead.id)
                if state and state.version == dead.version and state.dead_at_ms is not None and not state.dirty_at_ms:
                    del watched[dead.id]
                    gone += 1
        return gone

    def legacy_writes(self) -> int:
        return self._place.route.legacy if self._place.route else 0

    def now_ms(self) -> int:
        return self._place.now_ms

    def incarnation(self) -> str:
        return f"memory:{id(self._place)}"

    def highest_seqs(self) -> Sequence[int]:
        return [bucket.seq for bucket in self._place.route.buckets] if self._place.route else []

    def _check(self, worker: WorkerToken) -> None:
        refuse_read_only(self._read_only)
        self._place.check(worker)

    def _joined(self) -> RouteState:
        if self._place.route is None:
            message = "The store has not joined a route."
            raise ValidationFailed(message, problems=[Problem("config", message, "Let it join first.", "not_joined")])
        return self._place.route
