"""The audit trail as sentences with their changes, its facets, and one entry with what is around it."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from migrations_app.models import AuditEntry
from migrations_app.models.actor import Actor
from migrations_app.proofs.keys import PublicKeys
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.audit_chain import ChainStatus, auditor, chain_of
from migrations_app.selectors.audit_filters import ANYTHING, AuditFilters, Question, question
from migrations_app.selectors.audit_proof import EntryProof, entry_proof
from migrations_app.selectors.audit_seeking import Found, newest
from migrations_app.selectors.audit_sentences import sentence
from migrations_app.selectors.environments import LARGEST_ID
from migrations_app.selectors.paging import LARGEST_PAGE, MOST_COUNTED, PAGE, in_figures
from migrations_app.selectors.plans import Change, changes
from migrations_app.selectors.refusals import NotFound

FACETS = ("action", "actor", "outcome", "environment", "object_type", "address", "token", "on_behalf_of")
SAMPLE = 5_000  # entries that facets are counted in
_FACET_VALUES = 12
_OF_ONE_REQUEST = 50
_ROW = ("seq", "at", "hash", "previous", "body")


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
class FacetValue:
    """`more`: that many were counted, and more may match that nobody looked at."""

    value: str
    count: int
    more: bool

    @property
    def counted(self) -> str:
        return f"{self.count:,}+" if self.more else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Facet:
    """Values among the newest entries that match every other filter, most frequent first.

    `counted` is how many entries were looked at; `complete`: those are all that match. `left_out` values are rarer.
    """

    name: str
    values: tuple[FacetValue, ...]
    counted: int
    complete: bool
    left_out: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`total` is counted up to a limit (`counted` says so). `looked_to`: nobody looked at older entries than this one
    yet, and `next_cursor` goes on there; 0 where the slice is simply full, or nothing older matches."""

    rows: tuple[AuditRow, ...]
    next_cursor: str
    total: int
    complete: bool
    looked_to: int
    facets: tuple[Facet, ...]
    filters: AuditFilters
    chain: ChainStatus
    can_verify: bool

    @property
    def counted(self) -> str:
        return f"{self.total:,}" if self.complete else in_figures(self.total).rstrip("+") + "+"


@dataclass(frozen=True, slots=True)
class AuditDetail:
    """One entry with what is around it. `stored` is the text whose bytes were hashed, `proof` what vouches for it.

    `earlier` and `later` are its neighbours in the trail, `*_of_object` those that are about the same thing;
    `request` are the entries of the same request, this one too, oldest first; the newest of them unless
    `request_complete`.
    """

    entry: AuditRow
    stored: str
    proof: EntryProof
    earlier: int | None
    later: int | None
    earlier_of_object: int | None
    later_of_object: int | None
    request: tuple[AuditRow, ...]
    request_complete: bool


def audit_page(
    *, actor: Actor, filters: AuditFilters = ANYTHING, cursor: str = "", limit: int = PAGE, facets: bool = True
) -> AuditPage:
    """Newest first. Who may audit some environments only sees the entries of those. The cursor is an entry's number.

    Raises PermissionDenied.
    """
    access = auditor(actor)
    asked = question(access, filters)
    below = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else LARGEST_ID
    found = newest(asked, columns=_ROW, most=min(max(limit, 1), LARGEST_PAGE), below=below)
    sample = newest(asked, columns=("seq", *FACETS), most=SAMPLE) if facets else _counted(asked)
    return AuditPage(
        rows=tuple(_row(*row) for row in found.rows),
        next_cursor="" if found.complete else str(found.looked_to),
        total=len(sample.rows),
        complete=sample.complete,
        looked_to=0 if found.complete or found.looked_to == _last(found) else found.looked_to,
        facets=_facets(access, filters, sample) if facets else (),
        filters=filters,
        chain=chain_of(),
        can_verify=access.can(Permission.VERIFY_AUDIT, None),
    )


def audit_entry(*, actor: Actor, seq: int) -> AuditRow:
    """Raises PermissionDenied, and NotFound, the same for one of an environment that the actor may not audit."""
    return _row(*_stored(auditor(actor), seq))


def audit_detail(*, actor: Actor, seq: int, trusted: PublicKeys) -> AuditDetail:
    """`trusted` are the keys that a checkpoint may be signed with. Raises as `audit_entry` does."""
    access = auditor(actor)
    stored = _stored(access, seq)
    entry = _row(*stored)
    about = AuditFilters(object_type=entry.object_type, object_id=entry.object_id)
    same = question(access, AuditFilters(request_id=entry.request_id)) if entry.request_id else None
    of_request = newest(same, columns=_ROW, most=_OF_ONE_REQUEST) if same else Found((), complete=True, looked_to=0)
    earlier, later = _around(access, ANYTHING, seq)
    earlier_of_object, later_of_object = _around(access, about, seq)
    return AuditDetail(
        entry=entry,
        stored=bytes(stored[4]).decode(),
        proof=entry_proof(seq, trusted=trusted),
        earlier=earlier,
        later=later,
        earlier_of_object=earlier_of_object,
        later_of_object=later_of_object,
        request=tuple(_row(*row) for row in reversed(of_request.rows)),
        request_complete=of_request.complete,
    )


def neighbours(*, actor: Actor, seq: int) -> tuple[int | None, int | None]:
    """The entries before and after this one that the actor may see. Raises PermissionDenied."""
    return _around(auditor(actor), ANYTHING, seq)


def _around(access: Access, filters: AuditFilters, seq: int) -> tuple[int | None, int | None]:
    visible = question(access, filters).rows.values_list("seq", flat=True)
    return visible.filter(seq__lt=seq).order_by("-seq").first(), visible.filter(seq__gt=seq).order_by("seq").first()


def _stored(access: Access, seq: int) -> tuple[Any, ...]:
    usable = seq if 0 < seq <= LARGEST_ID else 0
    rows = question(access, ANYTHING).rows.filter(seq=usable)
    found: tuple[Any, ...] | None = rows.values_list(*_ROW).first()
    if found is None:
        absent = NotFound(f"There is no entry {str(seq)[:20]} that you may see.", "Look for it in the trail.")
        raise absent.unless_hidden(AuditEntry.objects.filter(seq=usable), "environment")
    return found


def _last(found: Found) -> int:
    return int(found.rows[-1][0]) if found.rows else -1


def _counted(asked: Question) -> Found:
    return newest(asked, columns=("seq",), most=MOST_COUNTED)


def _facets(access: Access, filters: AuditFilters, sample: Found) -> tuple[Facet, ...]:
    """Each is counted without its own filter, so that one may change over to another of its values."""
    found = []
    for place, name in enumerate(FACETS, 1):
        if getattr(filters, name):
            any_other: dict[str, Any] = {name: ""}
            other = question(access, replace(filters, **any_other))
            alone = newest(other, columns=("seq", name), most=SAMPLE)
            found.append(_facet(name, (row[1] for row in alone.rows), alone))
        else:
            found.append(_facet(name, (row[place] for row in sample.rows), sample))
    return tuple(found)


def _facet(name: str, values: Iterable[str], among: Found) -> Facet:
    counts = Counter(value for value in values if value)
    frequent = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Facet(
        name,
        tuple(FacetValue(value, number, not among.complete) for value, number in frequent[:_FACET_VALUES]),
        len(among.rows),
        among.complete,
        max(0, len(frequent) - _FACET_VALUES),
    )


def _row(seq: int, at: datetime, digest: str, previous: str, stored: bytes) -> AuditRow:
    body = json.loads(bytes(stored))
    return AuditRow(
        seq=seq,
        at=at,
        actor=body["actor"],
        on_behalf_of=body["on_behalf_of"],
        token=body["token"],
        action=body["action"],
        sentence=sentence(body),
        object_type=body["object"]["type"],
        object_id=body["object"]["id"],
        environment=body["environment"],
        outcome=body["outcome"],
        reason=body["reason"],
        request_id=body["request_id"],
        address=body["address"],
        changes=changes(body["before"] or {}, body["after"] or {}),
        hash=digest,
        previous=previous,
    )
