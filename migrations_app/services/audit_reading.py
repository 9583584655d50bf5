"""Reading the audit trail. That somebody did is an entry, once in a while.

The rule: what one person reads with one filter, in a browser or with one token, is one entry (`audit.read`)
a quarter of an hour, however many slices, refreshes or polls; looking at single entries is one, which names the first.
So nobody reads unseen, and reading does not swamp the trail. Every refusal to read is an entry.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from migrations_app.models import AuditReading
from migrations_app.runtime import sealing
from migrations_app.runtime.audit import instant
from migrations_app.selectors import audit as reads
from migrations_app.selectors.audit import AuditDetail, AuditPage, AuditRow
from migrations_app.selectors.audit_chain import ChainStatus
from migrations_app.selectors.audit_chain import chain_status as chain_read
from migrations_app.selectors.audit_checkpoints import SealedSegment, checkpoint_page
from migrations_app.selectors.audit_filters import ANYTHING, AuditFilters
from migrations_app.selectors.paging import PAGE, Listing
from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation

ONE_ENTRY_A = timedelta(minutes=15)
_KEPT = timedelta(days=1)


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def page(
    *,
    actor: Actor,
    now: datetime,
    filters: AuditFilters = ANYTHING,
    cursor: str = "",
    limit: int = PAGE,
    facets: bool = True,
) -> AuditPage:
    """`selectors.audit.audit_page`, and that it was read."""
    found = reads.audit_page(actor=actor, filters=filters, cursor=cursor, limit=limit, facets=facets)
    _record(actor, now, {"read": "entries", **said(filters)})
    return found


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def entry(*, actor: Actor, now: datetime, seq: int) -> AuditRow:
    found = reads.audit_entry(actor=actor, seq=seq)
    _record(actor, now, {"read": "single entries"}, {"first": seq})
    return found


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def detail(*, actor: Actor, now: datetime, seq: int) -> AuditDetail:
    """`selectors.audit.audit_detail`, and that it was read."""
    found = reads.audit_detail(actor=actor, seq=seq, trusted=sealing.trusted_keys())
    _record(actor, now, {"read": "single entries"}, {"first": seq})
    return found


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def found(*, actor: Actor, now: datetime, seq: int) -> None:
    """A search over everything showed entries of the trail, and this one first."""
    _record(actor, now, {"read": "entries that a search found"}, {"first": seq})


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def chain(*, actor: Actor, now: datetime) -> ChainStatus:
    """The state of the chain holds no entry, so only a refusal is written down."""
    return chain_read(actor=actor)


@operation("audit.read", about="audit", atomic=False, in_maintenance=True)
def checkpoints(*, actor: Actor, now: datetime, cursor: str = "", limit: int = PAGE) -> Listing[SealedSegment]:
    """Checkpoints are written elsewhere as well, so only a refusal is written down."""
    return checkpoint_page(actor=actor, cursor=cursor, limit=limit)


def said(filters: AuditFilters) -> Mapping[str, str | int]:
    """What was asked for, as text; nothing of what was not."""
    given = {name: value for name, value in asdict(filters).items() if value}
    if "token" in given:  # a token's prefix; what is called a token is hidden from entries
        given["prefix"] = given.pop("token")
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in given.items()}


def _record(
    actor: Actor, now: datetime, what: Mapping[str, str | int], more: Mapping[str, str | int] | None = None
) -> None:
    if is_due([actor.username, actor.token_id, actor.on_behalf_of, dict(what)], now):
        with transaction.atomic():
            audit.record(
                actor=actor,
                now=now,
                action="audit.read",
                object_type="audit",
                object_id="chain",
                after={**what, **(more or {})},
            )


def is_due(what: object, now: datetime) -> bool:
    """Whether this was last written down a quarter of an hour ago, or never. Of several at once, one is told."""
    key = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    last = AuditReading.objects.filter(what=key).values_list("recorded_at", flat=True).first()
    if last is not None:
        if last > now - ONE_ENTRY_A:
            return False
        return AuditReading.objects.filter(what=key, recorded_at=last).update(recorded_at=now) == 1
    AuditReading.objects.filter(recorded_at__lt=now - _KEPT).delete()
    try:
        with transaction.atomic():
            AuditReading.objects.create(what=key, recorded_at=now)
    except IntegrityError:
        return False
    return True
