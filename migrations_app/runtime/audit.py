"""The audit chain: record v1 = stored canonical bytes, each holding the hash of the one before.

`body` is RFC 8785 JSON with the members of `FORMAT` 1: format, seq, previous, at, actor, on_behalf_of, token,
address, request_id, action, object {type, id}, environment, outcome, reason, before, after. `hash` is the SHA-256
of those bytes. Writers queue at the head row's lock, which is taken last (DESIGN section 10).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import rfc8785
from django.db import transaction

from migrations_app.models import AuditEntry, AuditHead

FORMAT = 1
GENESIS = "0" * 64
MAX_SAFE_INTEGER = 2**53 - 1


class AuditOutcome(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """What somebody did or tried. `token` is the prefix of the API token used; before/after hold no secrets."""

    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    outcome: AuditOutcome = AuditOutcome.ALLOWED
    on_behalf_of: str = ""
    token: str = ""
    address: str = ""
    request_id: str = ""
    environment: str = ""
    reason: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def append(record: AuditRecord) -> AuditEntry:
    """Write the next link, in the caller's transaction. The head stays locked until that transaction ends."""
    with transaction.atomic():
        head = _locked_head()
        seq = head.seq + 1
        body = canonical_body(record, seq=seq, previous=head.hash)
        entry = AuditEntry.objects.create(
            seq=seq,
            body=body,
            previous=head.hash,
            hash=hashlib.sha256(body).hexdigest(),
            at=record.at,
            actor=record.actor,
            on_behalf_of=record.on_behalf_of,
            token=record.token,
            address=record.address,
            action=record.action,
            outcome=record.outcome,
            object_type=record.object_type,
            object_id=record.object_id,
            environment=record.environment,
            request_id=record.request_id,
        )
        moved = AuditHead.objects.filter(pk=1, seq=head.seq, hash=head.hash).update(seq=seq, hash=entry.hash)
        if moved != 1:
            raise RuntimeError(f"the audit head moved while entry {seq} held its lock; nothing was written")
        return entry


def _locked_head() -> AuditHead:
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is None:  # an emptied table: the insert trigger refuses entry 1 when there are entries already
        AuditHead.objects.bulk_create([AuditHead(pk=1)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(pk=1)
    return head


def canonical_body(record: AuditRecord, *, seq: int, previous: str) -> bytes:
    fields = asdict(record)
    fields["at"] = instant(record.at)
    fields["object"] = {"type": fields.pop("object_type"), "id": fields.pop("object_id")}
    return rfc8785.dumps(_json_ready({"format": FORMAT, "seq": seq, "previous": previous, **fields}))


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, to the microsecond, as bodies and checkpoints have it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json_ready(value: Any) -> Any:
    """JSON values that RFC 8785 can write: integers beyond 2^53 become text, times ISO 8601 in UTC."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _json_ready(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_json_ready(item) for item in value]
    return value
