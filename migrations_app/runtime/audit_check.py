"""Reading the whole audit chain, and naming the first thing in it that is not as it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from migrations_app.models import AuditEntry, AuditHead, AuditProof, AuditRetention
from migrations_app.proofs.checkpoint import Checkpoint, CheckpointDamaged, SignedCheckpoint
from migrations_app.proofs.keys import PublicKeys, UnknownKey
from migrations_app.proofs.merkle import Tree
from migrations_app.runtime import sealing
from migrations_app.runtime.audit import GENESIS
from migrations_app.runtime.audit_rows import Row, Unreadable, content_of, is_whole, rows, shown_otherwise


class Damage(StrEnum):
    """What was done to the chain, as far as it shows."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the chain breaks, and how. `seq` is the first bad entry, or the first one of a bad segment."""

    seq: int
    kind: Damage
    message: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """`entries`: intact ones from the beginning, removed ones of sealed segments included; `head`: hash of the last.

    `sealed_through`: the last entry that a checkpoint has sealed. For those after it only the database vouches.
    """

    entries: int
    head: str
    broken: ChainBreak | None
    sealed_through: int = 0


class _Broken(Exception):
    def __init__(self, seq: int, kind: Damage, message: str) -> None:
        super().__init__(message)
        self.found = ChainBreak(seq, kind, message)


RETENTION = "audit.remove"
"""The action of the entry that says what retention has removed (`services/audit_retention.py`)."""

Outside = Mapping[str, Mapping[int, SignedCheckpoint]]
"""Checkpoints as other places keep them: by the place's name and their number."""


def check_chain(outside: Outside | None = None) -> ChainCheck:
    """Read the whole chain. A chain that was rewritten as a whole still contradicts its checkpoints, and one whose
    checkpoints were made anew as well contradicts those `outside`, or is not signed by a key of ours."""
    reading = _Reading(outside or {})
    broken = reading.whole()
    if broken is not None and _removed_through() > reading.removed:
        reading = _Reading(outside or {})  # retention removed what was being read
        broken = reading.whole()
    return ChainCheck(reading.count, reading.newest, broken, reading.sealed_through)


def check_new(through: int, head: str, *, most: int) -> ChainCheck:
    """Only what lies behind the newest checkpoint at or before entry `through`, whose hash was `head` when it was
    looked at last, and at most so many entries beyond it. What was sealed before that is not read again."""
    reading = _Reading({}, _Before(through, head, most))
    broken = reading.whole()
    if broken is not None and _removed_through() > reading.removed:
        reading = _Reading({}, _Before(through, head, most))
        broken = reading.whole()
    return ChainCheck(reading.count, reading.newest, broken, reading.sealed_through)


@dataclass(frozen=True, slots=True)
class _Before:
    """Where an earlier look has ended, and how far beyond it this one goes."""

    through: int
    head: str
    most: int


def _removed_through() -> int:
    return AuditRetention.objects.filter(pk=1).values_list("removed_through", flat=True).first() or 0


class _Reading:
    """What was sealed or proven is read first and the head after it: what is written meanwhile lies beyond both."""

    def __init__(self, outside: Outside, before: _Before | None = None) -> None:
        self._outside = outside
        self._before = before
        self._start: Checkpoint | None = None
        proofs = AuditProof.objects.filter(ok=True, entries__gte=before.through if before else 0)
        self._proofs = dict(proofs.values_list("entries", "head"))
        if before is not None and before.through:
            self._proofs[before.through] = before.head
        self._checkpoints: list[Checkpoint] = []
        self._segment: list[str] = []
        self._seen: dict[int, str] = {}
        self.removed = _removed_through()
        self.count, self.newest, self.sealed_through = 0, GENESIS, 0

    def whole(self) -> ChainBreak | None:
        try:
            self._take_checkpoints()
            self._head = AuditHead.objects.filter(pk=1).first() or AuditHead(pk=1)
            for place, known in self._outside.items():
                self._compare(place, known)
            self._take_entries()
            self._take_end()
            self._take_removed()
        except _Broken as broken:
            return broken.found
        except Unreadable as unreadable:
            return ChainBreak(unreadable.seq, Damage.CHANGED, "holds what the database cannot read")
        return None

    def _take_checkpoints(self) -> None:
        """Ours are signed and follow each other."""
        try:
            own = sealing.checkpoints(since=self._before.through if self._before else 0)
        except CheckpointDamaged:
            raise _Broken(1, Damage.REWRITTEN, "cannot be judged: a checkpoint of the database is none") from None
        keys, before = sealing.trusted_keys(), None
        for one in own:
            sealed = one.checkpoint
            if not _ours(one, keys):
                message = f"is sealed by checkpoint {sealed.number}, which no key of ours has signed"
                raise _Broken(sealed.first, Damage.REWRITTEN, message)
            if not (self._begins_with(sealed) or sealed.follows(before)):
                message = f"begins checkpoint {sealed.number}, which does not follow the one before"
                raise _Broken(sealed.first, Damage.REWRITTEN, message)
            self._checkpoints.append(sealed)
            before = sealed

    def _begins_with(self, sealed: Checkpoint) -> bool:
        """Whether this look begins behind that checkpoint: what it follows was looked at before."""
        begins = self._before is not None and not self._checkpoints and sealed.last <= self._before.through
        if begins:
            self._start = sealed
        return begins

    def _compare(self, place: str, known: Mapping[int, SignedCheckpoint]) -> None:
        """What no key of ours has signed is passed over: whoever writes there could make a sound chain look broken."""
        keys = sealing.trusted_keys()
        for number, one in sorted(known.items()):
            if not _ours(one, keys):
                continue
            sealed = one.checkpoint
            own = self._checkpoints[number - 1] if number <= len(self._checkpoints) else None
            if own is not None and own != sealed:
                message = f"was sealed otherwise: {place} holds another checkpoint {number}"
                raise _Broken(sealed.first, Damage.REWRITTEN, message)
            if own is None and sealed.last <= self._head.seq:
                message = f"was sealed by checkpoint {number}, which only {place} still has"
                raise _Broken(sealed.first, Damage.REWRITTEN, message)
            self._seen[sealed.last] = place

    def _take_entries(self) -> None:
        ahead = iter(self._checkpoints)
        sealed = next(ahead, None)
        known = max(self.removed, self._start.last if self._start else 0)
        while sealed is not None and sealed.last <= known:
            self.count, self.newest, self.sealed_through = sealed.last, sealed.head, sealed.last
            sealed = next(ahead, None)
        for row in rows(above=self.count, through=self._until()):
            self._take(row)
            self._segment.append(row.hash)
            if sealed is not None and row.seq == sealed.last:
                self._take_seal(sealed)
                sealed = next(ahead, None)

    def _until(self) -> int:
        return min(self._head.seq, self._before.through + self._before.most) if self._before else self._head.seq

    def _take(self, row: Row) -> None:
        expected = self.count + 1
        if row.seq != expected:
            raise _Broken(expected, Damage.REMOVED, f"is missing; the next entry is {row.seq}")
        if not is_whole(row):
            raise _Broken(expected, Damage.CHANGED, "has a body that does not match its hash")
        content = content_of(row.body)
        if content is None:
            raise _Broken(expected, Damage.CHANGED, "has a body that is no entry's")
        if content["seq"] != row.seq:
            raise _Broken(*_moved(expected, content["seq"]))
        if content["previous"] != self.newest or row.previous != self.newest:
            raise _Broken(expected, Damage.CHANGED, "does not follow the entry before it")
        if changed := shown_otherwise(row, content):
            raise _Broken(expected, Damage.CHANGED, f"shows other words than its body: {', '.join(changed)}")
        if self._proofs.get(row.seq, row.hash) != row.hash:
            raise _Broken(expected, Damage.REWRITTEN, "is not the entry that an earlier proof has seen")
        self.count, self.newest = expected, row.hash

    def _take_removed(self) -> None:
        """Retention removes whole segments, all of their entries, and says so in an entry of the same transaction."""
        if self.removed and not _retention_of(self.removed):
            message = f"to {self.removed} are gone, and no entry says that their retention has ended"
            raise _Broken(1, Damage.REMOVED, message)
        left = AuditEntry.objects.filter(seq__lte=self.removed).order_by("seq").values_list("seq", flat=True).first()
        if left is not None:
            raise _Broken(left, Damage.INSERTED, "is there, although its retention has ended")

    def _take_seal(self, sealed: Checkpoint) -> None:
        if sealed.head != self.newest or Tree(self._segment).root != sealed.root:
            message = f"to {sealed.last} are not the entries that checkpoint {sealed.number} has sealed"
            raise _Broken(sealed.first, Damage.REWRITTEN, message)
        self.sealed_through = sealed.last
        self._segment.clear()

    def _take_end(self) -> None:
        missing = self.count + 1
        if self.count == self._until() < self._head.seq:
            return  # the next look goes on from here
        if self._head.seq > self.count:
            raise _Broken(missing, Damage.TRUNCATED, f"is missing; the head is at {self._head.seq}")
        if self._head.hash != self.newest:
            raise _Broken(self.count, Damage.CHANGED, "is not the entry that the head names")
        # One statement, so that an entry and its head are seen together or not at all.
        newer = AuditEntry.objects.filter(seq__gt=Coalesce(Subquery(AuditHead.objects.values("seq")[:1]), 0))
        beyond = newer.order_by("seq").values_list("seq", flat=True).first()
        if beyond is not None:
            raise _Broken(beyond if isinstance(beyond, int) else missing, Damage.INSERTED, "lies beyond the head")
        if self._checkpoints and self._checkpoints[-1].last > self.count:
            raise _Broken(missing, Damage.TRUNCATED, f"is missing; {self._checkpoints[-1].last} entries were sealed")
        if lost := [last for last in self._seen if last > self.count]:
            message = f"is missing; {self._seen[max(lost)]} has seen {max(lost)} entries sealed"
            raise _Broken(missing, Damage.TRUNCATED, message)
        if unseen := [entries for entries in self._proofs if entries > self.count]:
            raise _Broken(missing, Damage.TRUNCATED, f"is missing; a proof has seen {max(unseen)} entries")


def _ours(one: SignedCheckpoint, keys: PublicKeys) -> bool:
    try:
        one.check(keys)
    except (CheckpointDamaged, UnknownKey):
        return False
    return True


def _retention_of(through: int) -> bool:
    said = AuditEntry.objects.filter(action=RETENTION, seq__gt=through).order_by("-seq").values_list("body", flat=True)
    after = ((content_of(body) or {}).get("after") for body in said.iterator())
    return any(isinstance(part, dict) and part.get("last") == through for part in after)


def _moved(here: int, said: int) -> tuple[int, Damage, str]:
    """What puts the body of entry `said` into row `here`."""
    if said < here:
        return here - 1, Damage.INSERTED, f"was put in: the entry after it holds the body of entry {said}"
    there = AuditEntry.objects.filter(seq=said).values_list("body", flat=True).first()
    content = None if there is None else content_of(there)
    if content is not None and content["seq"] < said:
        return here, Damage.REORDERED, f"holds the body of entry {said}"
    return here, Damage.REMOVED, f"holds the body of entry {said}: what was here is gone"
