"""Webhooks as the Standard Webhooks specification (version 1) has them: kinds, signatures, and when to try again."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from migrations_app.engine.events import EventType

SECRET_PREFIX = "whsec_"  # noqa: S105
SECRET_BYTES = 32
_FEWEST_BYTES, _MOST_BYTES = 24, 64  # what the specification lets a secret have
# Seconds between two tries; a fifth more or less is drawn each time, so that receivers are not met by all at once.
WAITS = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
MOST_TRIES = len(WAITS) + 1
_JITTER = 0.2
_LONGEST_REST = 300  # seconds


class WebhookKind(StrEnum):
    """What a webhook can be subscribed to; TEST is sent by the button alone."""

    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_PROGRESS = "run.progress"
    RUN_CONFIRMATION_WANTED = "run.confirmation_wanted"
    RUN_ROLLBACK_STARTED = "run.rollback_started"
    RUN_SUCCEEDED = "run.succeeded"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    RUN_ROLLED_BACK = "run.rolled_back"
    RUN_STUCK = "run.stuck"
    REVIEW_SUBMITTED = "review.submitted"
    REVIEW_APPROVED = "review.approved"
    REVIEW_REJECTED = "review.rejected"
    REVIEW_EXPIRED = "review.expired"
    ALERT_FIRED = "alert.fired"
    RUN_REPORT = "run.report"
    TEST = "webhook.test"


_TO_CHANNELS = (WebhookKind.TEST, WebhookKind.ALERT_FIRED, WebhookKind.RUN_REPORT)
SUBSCRIBABLE = tuple(kind for kind in WebhookKind if kind not in _TO_CHANNELS)
OF_A_RUN: Mapping[EventType, WebhookKind] = {
    EventType.RUN_QUEUED: WebhookKind.RUN_QUEUED,
    EventType.RUN_STARTED: WebhookKind.RUN_STARTED,
    EventType.RUN_PAUSED: WebhookKind.RUN_PAUSED,
    EventType.RUN_RESUMED: WebhookKind.RUN_RESUMED,
    EventType.STEP_SUCCEEDED: WebhookKind.RUN_PROGRESS,
    EventType.CONFIRMATION_WANTED: WebhookKind.RUN_CONFIRMATION_WANTED,
    EventType.ROLLBACK_STARTED: WebhookKind.RUN_ROLLBACK_STARTED,
    EventType.RUN_SUCCEEDED: WebhookKind.RUN_SUCCEEDED,
    EventType.RUN_FAILED: WebhookKind.RUN_FAILED,
    EventType.RUN_CANCELLED: WebhookKind.RUN_CANCELLED,
    EventType.RUN_ROLLED_BACK: WebhookKind.RUN_ROLLED_BACK,
    EventType.RUN_STUCK: WebhookKind.RUN_STUCK,
}


class WebhookState(StrEnum):
    """GONE: the receiver answered 410. FAILING: it took nothing for days. Both end the subscription until a person
    switches it on again."""

    ACTIVE = "active"
    SWITCHED_OFF = "switched_off"
    GONE = "gone"
    FAILING = "failing"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(12)}"


def headers(message_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """What goes with the body. One signature for each key: while a secret is exchanged the old one signs too."""
    timestamp = int(at.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(message_id, timestamp, body, key) for key in keys),
    }


def signature(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`. Raises ValueError for what is no secret."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the secret of a webhook is not base64") from None
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(f"the secret of a webhook has {len(key)} bytes")
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def wait_seconds(tries: int, drawn: float) -> float | None:
    """How long to wait after so many failed tries; None: this was the last. `drawn` is within [0, 1)."""
    if tries >= MOST_TRIES:
        return None
    return WAITS[tries - 1] * (1 - _JITTER + 2 * _JITTER * drawn)


def rest_seconds(failures: int) -> float:
    """How long a receiver is left alone after so many failed calls in a row: one that is dead is not called for
    each message that waits for it."""
    doubled: float = 5 * 2 ** min(max(failures - 1, 0), 10)
    return min(_LONGEST_REST, doubled)
