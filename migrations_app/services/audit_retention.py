"""Removing the oldest part of the audit trail: sealed segments only, whole, and never before they lie elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditPlace, AuditRetention
from migrations_app.services import audit, sealing
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation


@dataclass(frozen=True, slots=True)
class Removable:
    """Entries `first` to `last`, sealed by checkpoints up to `checkpoint`."""

    first: int
    last: int
    checkpoint: int


def removable(before: datetime) -> Removable | None:
    """The sealed segments whose every entry is older than `before`; None when there is none."""
    removed = AuditRetention.objects.filter(pk=1).values_list("removed_through", flat=True).first() or 0
    young = AuditEntry.objects.filter(at__gte=before).aggregate(first=Min("seq"))["first"]
    segments = AuditCheckpoint.objects.filter(last__gt=removed)
    if young is not None:
        segments = segments.filter(last__lt=young)
    newest = segments.order_by("-number").first()
    return Removable(removed + 1, newest.last, newest.number) if newest else None


@operation("audit.remove", about="audit", atomic=True)
def remove_entries(*, actor: Actor, now: datetime, part: Removable, kept_in: str, sha256: str) -> int:
    """Remove `part`; its checkpoints stay. `kept_in` and `sha256` name the export that holds it. Returns how many.

    Raises Conflict when a configured place has not got the checkpoints yet: what was removed could not be proven any
    more. Nothing is removed then.
    """
    _require_elsewhere(part)
    AuditRetention.objects.get_or_create(pk=1)
    retention = AuditRetention.objects.select_for_update().get(pk=1)
    if retention.removed_through + 1 != part.first:
        raise Conflict("Another process has removed entries meanwhile; nothing was removed.", "Start again.")
    AuditRetention.objects.filter(pk=1).update(removed_through=part.last)
    removed, _ = AuditEntry.objects.filter(seq__lte=part.last).delete()
    audit.record(
        actor=actor,
        now=now,
        action="audit.remove",
        object_type="audit",
        object_id="chain",
        reason="Their retention has ended.",
        after={"first": part.first, "last": part.last, "kept_in": kept_in, "sha256": sha256},
    )
    return removed


def _require_elsewhere(part: Removable) -> None:
    for place in sealing.places():
        row = AuditPlace.objects.filter(name=place.name).first()
        if row is None or row.written_through < part.checkpoint:
            raise Conflict(
                f"{place.name} has not got checkpoint {part.checkpoint} yet; nothing was removed.",
                "Wait until it has been written there, or look at its problem on the audit page.",
            )
