"""Whether two stores of a route hold the same of a session: the verifier's opinion, none of the copier's code.

It reads through the stores' plain reading, compares content hashes and deadlines, and looks again before it calls a
difference a difference (PROTOCOL 5.7): the authority may have moved on between the two reads.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.stores.routed.base import Held, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord


class DivergenceKind(StrEnum):
    MISSING = "missing"  # the authority has it, the replica does not
    EXTRA = "extra"  # the replica has it, the authority does not
    VALUE = "value"
    DEADLINE = "deadline"
    LENGTH = "length"  # the sliding length


@dataclass(frozen=True, slots=True)
class Divergence:
    """`id` never leaves the process; `name` is its keyed fingerprint. `regressed`: the replica has a newer version that
    the authority once gave it (one that somebody wrote to the replica itself is marked there).
    """

    id: str
    name: str
    kind: DivergenceKind
    authority: str
    regressed: bool = False

    def as_dict(self) -> dict[str, str]:
        return {"kind": str(self.kind), "fingerprint": self.name}


@dataclass(frozen=True, slots=True)
class Levelness:
    """`authority_of` gives the side that serves a bucket. `skew_ms`: side b's clock minus side a's.

    `forgetful`: sides whose server may have forgotten what it had (incarnations.py).
    """

    pair: Pair
    authority_of: Callable[[int], str]
    key: bytes = field(repr=False)
    tolerance_ms: int
    skew_ms: int = 0
    forgetful: frozenset[str] = frozenset()

    def differing(self, ids: Sequence[str]) -> list[Divergence]:
        """Those that differ now, judged by one read of each side."""
        if not ids:
            return []
        found = []
        on_a, on_b = self.pair.a.sessions.read(ids), self.pair.b.sessions.read(ids)
        now = self.pair.a.now_ms()
        for session_id, a, b in zip(ids, on_a, on_b, strict=True):
            authority = self.authority_of(bucket_of(session_id))
            mine, copy = (a, b) if authority == "a" else (b, a)
            kind = self._judge(mine, copy, now, self.skew_ms if authority == "a" else -self.skew_ms)
            if kind is not None:
                found.append(Divergence(session_id, fingerprint(session_id, self.key), kind, authority))
        return found

    def stable(self, suspects: Sequence[Divergence], wait_seconds: float) -> list[Divergence]:
        """Those that still differ although the authority did not touch them and the relay owes nothing.

        Marks are looked at before the second comparison: whatever was not marked then, and has not changed since, the
        replica had acknowledged by then. What is marked is on its way and not called a divergence.
        """
        if not suspects:
            return []
        ids = [suspect.id for suspect in suspects]
        before = self._held(ids)
        time.sleep(wait_seconds)
        marked, foreign = self._marked(suspects)
        again = {divergence.id: divergence for divergence in self.differing(ids)}
        after = self._held(ids)
        stable = []
        for suspect in suspects:
            divergence = again.get(suspect.id)
            if divergence is None or divergence.authority != suspect.authority or suspect.id in marked:
                continue
            mine, copy = after[suspect.id]
            if mine.version == before[suspect.id][0].version:
                ahead = copy.version > mine.version or self._forgot(divergence.authority, mine, copy)
                stable.append(replace(divergence, regressed=ahead and suspect.id not in foreign))
        return stable

    def _forgot(self, authority: str, mine: Held, copy: Held) -> bool:
        """Whether the authority has another session than it once gave: one from before the journal, which nobody has
        written or ended since. It has no version by which one could tell.
        """
        untouched = mine.version == copy.version == UNVERSIONED and not mine.dead
        return authority in self.forgetful and untouched and copy.record is not None

    def _held(self, ids: Sequence[str]) -> dict[str, tuple[Held, Held]]:
        """By the authority and by the replica."""
        both = zip(ids, self.pair.a.fetch(ids), self.pair.b.fetch(ids), strict=True)
        return {
            session_id: (a, b) if self.authority_of(bucket_of(session_id)) == "a" else (b, a)
            for session_id, a, b in both
        }

    def _marked(self, suspects: Sequence[Divergence]) -> tuple[set[str], set[str]]:
        """Those that their authority has marked, and those that the other side has."""
        by_authority: set[str] = set()
        by_replica: set[str] = set()
        for side in ("a", "b"):
            marked = self.pair.side(side).marked([suspect.id for suspect in suspects])
            served = {suspect.id for suspect in suspects if suspect.authority == side}
            by_authority |= marked & served
            by_replica |= marked - served
        return by_authority, by_replica

    def _judge(
        self, mine: SessionRecord | None, copy: SessionRecord | None, now_ms: int, skew_ms: int
    ) -> DivergenceKind | None:
        if mine is None:
            return None if copy is None or self._is_ending(copy, now_ms) else DivergenceKind.EXTRA
        if copy is None:
            return None if self._is_ending(mine, now_ms) else DivergenceKind.MISSING
        if mine.ttl_ms != copy.ttl_ms:
            return DivergenceKind.LENGTH
        if (mine.codec, mine.extra) != (copy.codec, copy.extra) or not _same_value(mine, copy):
            return DivergenceKind.VALUE
        if (mine.expires_at_ms is None) != (copy.expires_at_ms is None):
            return DivergenceKind.DEADLINE
        if mine.expires_at_ms is not None and copy.expires_at_ms is not None:
            off = copy.expires_at_ms - skew_ms - mine.expires_at_ms
            if abs(off) > self.tolerance_ms:
                return DivergenceKind.DEADLINE
        return None

    def _is_ending(self, record: SessionRecord, now_ms: int) -> bool:
        """Around its deadline a session may live on one side and be gone from the other."""
        slack = self.tolerance_ms + abs(self.skew_ms)
        return record.expires_at_ms is not None and record.expires_at_ms <= now_ms + slack


def _same_value(one: SessionRecord, other: SessionRecord) -> bool:
    """Nearly always byte by byte; the canonical form, which takes longer than reading the session, decides the rest."""
    return one.value == other.value or one.canonical_value() == other.canonical_value()
