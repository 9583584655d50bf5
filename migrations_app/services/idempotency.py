"""Requests that are sent twice take effect once: the answer of the first is kept under the caller's key.

Only answers that did something are kept. A refusal changed nothing, so its key is free again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from migrations_app.models import IdempotencyKey
from migrations_app.services import finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import invalid
from migrations_app.services.errors import Conflict

KEPT = timedelta(hours=24)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`body` is empty for an answer that must not be kept, such as a token that is shown once."""

    status: int
    body: bytes


def claim(*, actor: Actor, now: datetime, key: str, request_digest: str) -> KeptAnswer | None:
    """Take the key for this request: None to go on, or the answer that it got before.

    Raises InvalidInput for an unusable key or one that another request has, Conflict (`request_in_progress`) while
    the first request is being answered or when its process died on the way.
    """
    if not key.isprintable() or not 0 < len(key) <= LONGEST:
        raise invalid("Idempotency-Key", "This is no usable key.", f"Use 1 to {LONGEST} printable characters.")
    person = finding.person(actor)
    IdempotencyKey.objects.filter(person=person, created_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(person=person, key=key, request_digest=request_digest, created_at=now)
    except IntegrityError:
        return _earlier(IdempotencyKey.objects.filter(person=person, key=key).first(), request_digest)
    return None


def keep(*, actor: Actor, key: str, answer: KeptAnswer) -> None:
    IdempotencyKey.objects.filter(person=finding.person(actor), key=key).update(
        status=answer.status, response=answer.body
    )


def release(*, actor: Actor, key: str) -> None:
    """The request took no effect; the key can be used again."""
    IdempotencyKey.objects.filter(person=finding.person(actor), key=key, status=None).delete()


def _earlier(row: IdempotencyKey | None, request_digest: str) -> KeptAnswer:
    if row is not None and row.request_digest != request_digest:
        raise invalid(
            "Idempotency-Key",
            "This key belongs to another request of yours; this one was not carried out.",
            "Use a new key for each request.",
            "idempotency_key_reused",
        )
    if row is None or row.status is None:
        raise Conflict(
            "The first request with this key has not been answered yet.",
            "Wait a moment and ask again; when this stays so, look up what was done and use a new key.",
            reason="request_in_progress",
        )
    return KeptAnswer(row.status, bytes(row.response))
