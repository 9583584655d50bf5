"""Who edited a thing since somebody opened its form. For whoever may edit it: auditors read the trail itself."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.models import AuditEntry
from migrations_app.selectors.audit_sentences import sentence

MOST = 5


@dataclass(frozen=True, slots=True)
class EditRow:
    """`sentence` says who did what to which thing; `actor` is a user name."""

    at: datetime
    actor: str
    sentence: str


def newest_edit(*, noun: str, key: int, actions: Collection[str]) -> int:
    """The number of the newest of them in the audit trail; 0 where there is none."""
    return _edits(noun, key, actions).values_list("seq", flat=True).first() or 0


def edits_after(*, seq: int | None, noun: str, key: int, actions: Collection[str]) -> tuple[EditRow, ...]:
    """Newest first, at most five. Where `seq` is not known, or none came after it, the newest one alone."""
    rows = _edits(noun, key, actions).values_list("at", "actor", "body")
    found = list(rows.filter(seq__gt=seq)[:MOST]) if seq is not None else []
    return tuple(EditRow(at, actor, sentence(json.loads(bytes(body)))) for at, actor, body in found or rows[:1])


def _edits(noun: str, key: int, actions: Collection[str]) -> QuerySet[AuditEntry]:
    done = AuditEntry.objects.filter(object_type=noun, object_id=str(key), outcome="allowed")
    return done.filter(action__in=actions).order_by("-seq")
