"""The relay: carries the current state of marked sessions from a bucket's authority to its replica (PROTOCOL 5.1).

It carries states, not operations: what it reads may be newer than the mark that led to it, and that is fine. A mark
goes only while its session still has the version that was carried. Two relays at once, a repeat, a stop at any line:
all harmless, because the replica adopts only what is newer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.routed.base import Adopted, Held, Mark, RoutedStore, Tombstone
from migrations_app.stores.sessions.records import UNVERSIONED, Version

BATCH = 500
CLOCK_SLACK_MS = 50  # how well a store's clock is known


@dataclass(frozen=True, slots=True)
class Relayed:
    """One pass. `ids` are the sessions carried; `oldest_ms`: how long the longest waiting of them had been marked.

    `stuck`: sessions that the replica cannot hold as they are; their marks stay, so the hand-over does.
    """

    ids: tuple[str, ...] = ()
    acknowledged: int = 0
    oldest_ms: int = 0
    stuck: int = 0
    problem: str = ""


NOTHING = Relayed()


@dataclass(frozen=True, slots=True)
class Relay:
    """One direction. `skew_ms`: the replica's clock minus the authority's."""

    authority: RoutedStore
    replica: RoutedStore
    worker: WorkerToken
    skew_ms: int = 0
    tell: Callable[[Sequence[str]], object] = tuple  # hears which sessions were carried
    _read_at: dict[str, int] = field(default_factory=dict)  # of the last pass: by then the replica had it

    def carry(self, buckets: Sequence[int], limit: int = BATCH) -> Relayed:
        """One pass over at most `limit` marks. Raises LeaseLost, DependencyUnavailable, InsufficientResources."""
        marks = self.authority.marks(buckets, limit)
        if not marks:
            return NOTHING
        read_at = self.authority.now_ms()
        held = self.authority.fetch([mark.id for mark in marks])
        reach("relay.read")
        carried, problem = self._adopt(held)
        reach("relay.applied")
        now = {state.id: state.version for state in carried}
        if not guard_is_on("token_ack"):
            now = {state.id: state.version for state in self.authority.fetch(list(now))}
        done = [replace(mark, version=now[mark.id]) for mark in marks if mark.id in now]
        self.tell(tuple(now))
        acknowledged = self.authority.acknowledge(done, self.worker) if done else 0
        reach("relay.acknowledged")
        return Relayed(
            ids=tuple(now),
            acknowledged=acknowledged,
            oldest_ms=self._oldest(marks, read_at),
            stuck=len(held) - len(carried),
            problem=problem,
        )

    def _oldest(self, marks: Sequence[Mark], read_at: int) -> int:
        """How far the replica was behind with the worst of them. A session that is written all the time keeps its first
        mark; what counts for it is when it was carried last.
        """
        behind_since = min(max(mark.since_ms, self._read_at.get(mark.id, 0)) for mark in marks)
        self._read_at.clear()
        self._read_at.update((mark.id, read_at) for mark in marks)
        return max(0, self.authority.now_ms() - behind_since)

    def _adopt(self, held: Sequence[Held]) -> tuple[Sequence[Held], str]:
        """What the replica has taken. One that it cannot hold must not keep the others back."""
        try:
            adopt(self.replica, held, self.worker, self.skew_ms)
        except ValidationFailed as error:
            if len(held) == 1:
                return (), error.message
        else:
            return held, ""
        halves = [self._adopt(half) for half in (held[: len(held) // 2], held[len(held) // 2 :])]
        return [*halves[0][0], *halves[1][0]], halves[0][1] or halves[1][1]


def adopt(replica: RoutedStore, held: Sequence[Held], worker: WorkerToken, skew_ms: int) -> Adopted:
    """What the replica takes over, from the relay and from the backfill alike.

    A session that has expired under a version is carried as a tombstone of it: the replica may hold an older life of it
    with a later deadline, which must not be seen again (PROTOCOL R6). One that expires on the way, so that the replica
    refuses it, is carried once more as a tombstone; to a replica that took it in time that is nothing new.
    """
    held = [_ended(state) if state.record is None and state.version > UNVERSIONED else state for state in held]
    held = [state for state in held if state.record is not None or state.dead]
    if not guard_is_on("apply_if_newer"):
        there = {state.id: state.version for state in replica.fetch([state.id for state in held])}
        held = [replace(state, version=max(state.version, _above(there[state.id]))) for state in held]
    # The living first: a store may have to wait for copies under way before it takes a tombstone.
    adopted = sum(
        (
            replica.adopt(part, worker, skew_ms=skew_ms)
            for dead in (False, True)
            if (part := [state for state in held if state.dead is dead])
        ),
        Adopted(0, 0, 0),
    )
    now_ms = replica.now_ms()
    if late := [_ended(state) for state in held if state.version > UNVERSIONED and _is_over(state, now_ms - skew_ms)]:
        replica.adopt(late, worker, skew_ms=skew_ms)
    if not guard_is_on("tombstones"):
        replica.forget([Tombstone(state.id, state.version, 0) for state in held if state.dead], worker)
    return adopted


def _ended(state: Held) -> Held:
    return replace(state, dead=True, record=None)


def _is_over(state: Held, now_ms: int) -> bool:
    deadline = state.record.expires_at_ms if state.record is not None else None
    return deadline is not None and deadline <= now_ms + CLOCK_SLACK_MS


def _above(version: Version) -> Version:
    return Version(version.epoch, version.seq + 1)
