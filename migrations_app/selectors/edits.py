"""Who edited a thing since somebody opened its form. For whoever may edit it: auditors read the trail itself."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from migrations_app.models import AuditEntry
from migrations_app.selectors.audit_sentences import sentence

MOST = 5


@dataclass(frozen=True, slots=True)
class EditRow:
    """`sentence` says who did what to which thing; `actor` is a user name."""

    at: datetime
    actor: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Edits:
    """`rows`: newest first, at most five. `times`: how often each person edited it, by user name."""

    rows: tuple[EditRow, ...]
    times: Mapping[str, int]


def newest_edit(*, noun: str, key: int, actions: Collection[str]) -> int:
    """The number of the newest of them in the audit trail; 0 where there is none."""
    return _edits(noun, key, actions).values_list("seq", flat=True).first() or 0


def edits_after(*, seq: int | None, noun: str, key: int, actions: Collection[str]) -> Edits:
    """All of them are counted. Where `seq` is not known, or none came after it: the newest one alone, and no counts."""
    done = _edits(noun, key, actions)
    later = done.filter(seq__gt=seq) if seq is not None else done.none()
    times = dict(later.order_by().values_list("actor").annotate(Count("seq")))
    rows = (later if times else done).values_list("at", "actor", "body")[: MOST if times else 1]
    return Edits(tuple(EditRow(at, actor, sentence(json.loads(bytes(body)))) for at, actor, body in rows), times)


def _edits(noun: str, key: int, actions: Collection[str]) -> QuerySet[AuditEntry]:
    done = AuditEntry.objects.filter(object_type=noun, object_id=str(key), outcome="allowed")
    return done.filter(action__in=actions).order_by("-seq")
