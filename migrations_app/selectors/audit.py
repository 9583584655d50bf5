"""The audit trail as sentences with their changes, its facets and the state of the chain."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditHead, AuditPlace, AuditProof, Environment
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.audit_sentences import sentence
from migrations_app.selectors.environments import LARGEST_ID
from migrations_app.selectors.paging import MOST_COUNTED, PAGE, cut, in_figures
from migrations_app.selectors.plans import Change, changes
from migrations_app.selectors.refusals import NotFound, PermissionDenied

_FACETS = ("action", "actor", "outcome", "environment", "object_type")
_FACET_VALUES = 12


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`sentence` says who did what to which thing. `outcome` is allowed, denied or failed."""

    seq: int
    at: datetime
    actor: str
    on_behalf_of: str
    token: str
    action: str
    sentence: str
    object_type: str
    object_id: str
    environment: str
    outcome: str
    reason: str
    request_id: str
    address: str
    changes: tuple[Change, ...]
    hash: str
    previous: str

    @property
    def object_number(self) -> int | None:
        """The object's number where it has one of its own."""
        return int(self.object_id) if self.object_id.isascii() and self.object_id.isdigit() else None


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty means any. `q` is looked for in actor, action and object id; `after` is an entry's seq."""

    q: str = ""
    actor: str = ""
    action: str = ""
    outcome: str = ""
    environment: str = ""
    object_type: str = ""
    object_id: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """`values` are (value, how many of the newest 10,000 entries that match), most frequent first."""

    name: str
    values: tuple[tuple[str, int], ...]


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
    the database alone. `public_key` is what checkpoints and exports verify with.
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

    @property
    def unproven(self) -> int:
        return max(0, self.entries - self.sealed_through)

    @property
    def broken_entry(self) -> int | None:
        """The entry that the problem names, if it names one."""
        named = re.match(r"Entry (\d{1,18})\b", self.problem)
        return int(named[1]) if named else None


@dataclass(frozen=True, slots=True)
class AuditPage:
    rows: tuple[AuditRow, ...]
    next_cursor: str
    total: int
    facets: tuple[Facet, ...]
    filters: AuditFilters
    chain: ChainStatus
    can_verify: bool

    @property
    def counted(self) -> str:
        return in_figures(self.total)


ANYTHING = AuditFilters()


def audit_page(*, actor: Actor, filters: AuditFilters = ANYTHING, cursor: str = "", limit: int = PAGE) -> AuditPage:
    """Newest first. Who may audit some environments only sees the entries of those.

    Raises PermissionDenied.
    """
    access = auditor(actor)
    matching = matching_entries(access, filters)
    newest = list(matching.order_by("-seq").values_list(*_FACETS)[:MOST_COUNTED])
    page = cut(matching, cursor=cursor, limit=limit, total=len(newest))
    return AuditPage(
        rows=tuple(_row(entry) for entry in page.rows),
        next_cursor=page.next_cursor,
        total=page.total,
        facets=tuple(_facet(name, values) for name, values in zip(_FACETS, zip(*newest, strict=True), strict=False)),
        filters=filters,
        chain=_chain(),
        can_verify=access.can(Permission.VERIFY_AUDIT, None),
    )


def neighbours(*, actor: Actor, seq: int) -> tuple[int | None, int | None]:
    """The entries before and after this one that the actor may see. Raises PermissionDenied."""
    visible = matching_entries(auditor(actor), ANYTHING).values_list("seq", flat=True)
    return visible.filter(seq__lt=seq).order_by("-seq").first(), visible.filter(seq__gt=seq).order_by("seq").first()


def audit_entry(*, actor: Actor, seq: int) -> AuditRow:
    """Raises PermissionDenied, and NotFound, the same for one of an environment that the actor may not audit."""
    usable = seq if 0 < seq <= LARGEST_ID else 0
    found = matching_entries(auditor(actor), ANYTHING).filter(seq=usable).first()
    if found is None:
        raise NotFound(f"There is no entry {str(seq)[:20]} that you may see.", "Look for it in the trail.")
    return _row(found)


def chain_status(*, actor: Actor) -> ChainStatus:
    """Raises PermissionDenied."""
    auditor(actor)
    return _chain()


def chain_seen_by(access: Access) -> ChainStatus | None:
    """None for whoever may not read the trail."""
    return _chain() if access.anywhere(Permission.READ_AUDIT) else None


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


def matching_entries(access: Access, filters: AuditFilters) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    allowed = access.environments(Permission.READ_AUDIT)
    if allowed is not None:
        rows = rows.filter(environment__in=Environment.objects.filter(pk__in=allowed).values("name"))
    for name in (*_FACETS, "object_id", "request_id"):
        value = getattr(filters, name).replace("\x00", "")
        if value:
            rows = rows.filter(**{name: value})
    if filters.since is not None:
        rows = rows.filter(at__gte=filters.since)
    if 0 < filters.after <= LARGEST_ID:
        rows = rows.filter(seq__gt=filters.after)
    if filters.until is not None:
        rows = rows.filter(at__lt=filters.until)
    for word in filters.q.replace("\x00", "").split()[:6]:
        rows = rows.filter(Q(actor__icontains=word) | Q(action__icontains=word) | Q(object_id=word))
    return rows


def _facet(name: str, values: Iterable[str]) -> Facet:
    counted = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
    return Facet(name, tuple((value, number) for value, number in counted[:_FACET_VALUES] if value))


def _row(entry: AuditEntry) -> AuditRow:
    body = json.loads(bytes(entry.body))
    return AuditRow(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        on_behalf_of=body["on_behalf_of"],
        token=body["token"],
        action=entry.action,
        sentence=sentence(body),
        object_type=entry.object_type,
        object_id=entry.object_id,
        environment=entry.environment,
        outcome=entry.outcome,
        reason=body["reason"],
        request_id=entry.request_id,
        address=body["address"],
        changes=changes(body["before"] or {}, body["after"] or {}),
        hash=entry.hash,
        previous=entry.previous,
    )


def _chain() -> ChainStatus:
    newest = AuditCheckpoint.objects.order_by("-number").first()
    places = AuditPlace.objects.values_list("name", "written_through", "written_at", "problem")
    return replace(
        _outline(),
        checkpoints=newest.number if newest else 0,
        sealed_through=newest.last if newest else 0,
        sealed_at=newest.at if newest else None,
        public_key=newest.public_key if newest else "",
        places=tuple(CheckpointPlace(*row) for row in places),
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
