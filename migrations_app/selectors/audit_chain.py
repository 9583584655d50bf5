"""The state of the audit chain: how long it is, what is sealed, where checkpoints are kept, and its last proof."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from migrations_app.models import AuditCheckpoint, AuditHead, AuditPlace, AuditProof, AuditWatch
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.refusals import PermissionDenied


@dataclass(frozen=True, slots=True)
class CheckpointPlace:
    """Where checkpoints are written off this machine. `written_through`: the newest that is there."""

    name: str
    written_through: int
    written_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """The last proof. `verified_at` None: never verified. `entries` and `head` are of the chain as it is now.

    `damage` is its kind. `sealed_through`: the last entry of the newest checkpoint; those after it are vouched for by
    the database alone. `public_key` is what checkpoints and exports verify with. `watched_through`: the last entry that
    was looked at by itself since it came, at `watched_at`; that is no proof of the whole.
    """

    entries: int
    head: str
    verified_at: datetime | None
    verified_entries: int
    ok: bool
    problem: str
    damage: str = ""
    checkpoints: int = 0
    sealed_through: int = 0
    sealed_at: datetime | None = None
    public_key: str = ""
    places: tuple[CheckpointPlace, ...] = ()
    watched_through: int = 0
    watched_at: datetime | None = None

    @property
    def unproven(self) -> int:
        return max(0, self.entries - self.sealed_through)

    @property
    def broken_entry(self) -> int | None:
        """The entry that the problem names, if it names one."""
        named = re.match(r"Entry (\d{1,18})\b", self.problem)
        return int(named[1]) if named else None


def chain_status(*, actor: Actor) -> ChainStatus:
    """Raises PermissionDenied."""
    auditor(actor)
    return chain_of()


def chain_seen_by(access: Access) -> ChainStatus | None:
    """None for whoever may not read the trail."""
    return chain_of() if access.anywhere(Permission.READ_AUDIT) else None


def chain_outline(access: Access) -> ChainStatus | None:
    """The last proof and the head alone, for the frame around every page; None for whoever may not read the trail."""
    return _outline() if access.anywhere(Permission.READ_AUDIT) else None


def auditor(actor: Actor) -> Access:
    access = access_of(actor)
    if not access.anywhere(Permission.READ_AUDIT):
        raise PermissionDenied(
            f"{actor.username} may not read the audit trail; this needs the role auditor or admin.",
            "Ask an admin for the role auditor.",
        )
    return access


def chain_of() -> ChainStatus:
    """For whoever has looked at permission already."""
    newest = AuditCheckpoint.objects.order_by("-number").first()
    places = AuditPlace.objects.values_list("name", "written_through", "written_at", "problem")
    watch = AuditWatch.objects.first()
    return replace(
        _outline(),
        checkpoints=newest.number if newest else 0,
        sealed_through=newest.last if newest else 0,
        sealed_at=newest.at if newest else None,
        public_key=newest.public_key if newest else "",
        places=tuple(CheckpointPlace(*row) for row in places),
        watched_through=watch.through if watch else 0,
        watched_at=watch.at if watch else None,
    )


def _outline() -> ChainStatus:
    head = AuditHead.objects.first() or AuditHead()
    proof = AuditProof.objects.order_by("-pk").first()
    return ChainStatus(
        entries=head.seq,
        head=head.hash,
        verified_at=proof.at if proof else None,
        verified_entries=proof.entries if proof else 0,
        ok=proof.ok if proof else True,
        problem=proof.problem if proof else "",
        damage=proof.damage if proof else "",
    )
