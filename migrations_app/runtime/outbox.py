"""Work for the broker, committed with its cause (DESIGN section 3, "Durability").

A row is sent until a worker claims it; the worker's own claim, not the broker, decides what runs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from migrations_app.models import OutboxRow, Queue
from migrations_app.runtime import events, tracing

DRIVE_RUN = "snakeweb.drive_run"
DRIVE_PARTITION = "snakeweb.drive_partition"
DRIVE_BACKGROUND = "snakeweb.drive_background"
SEND_MAIL = "snakeweb.send_mail"
DELIVER_WEBHOOK = "snakeweb.deliver_webhook"
WRITE_AUDIT_EXPORT = "snakeweb.write_audit_export"
SEND_REPORTS = "snakeweb.send_reports"
WRITE_REPORT = "snakeweb.write_report"

CONTROL, LIVE, BULK = Queue.CONTROL, Queue.LIVE, Queue.BULK
QUEUES = {
    DRIVE_RUN: CONTROL,
    DRIVE_PARTITION: BULK,
    DRIVE_BACKGROUND: LIVE,
    SEND_MAIL: CONTROL,
    DELIVER_WEBHOOK: CONTROL,
    WRITE_AUDIT_EXPORT: BULK,
    SEND_REPORTS: CONTROL,
    WRITE_REPORT: BULK,
}

KEPT = timedelta(days=1)


def put(
    task: str, arguments: Sequence[Any], *, now: datetime, not_before: datetime | None = None, traceparent: str = ""
) -> OutboxRow:
    """Add a row in the caller's transaction; the dispatcher is poked once it commits. `arguments` are ids.

    The trace goes on from `traceparent`, or from what this thread does.
    """
    row = OutboxRow.objects.create(
        task=task,
        queue=QUEUES[task],
        arguments=list(arguments),
        created_at=now,
        not_before=not_before,
        traceparent=traceparent or tracing.carried(),
    )
    transaction.on_commit(events.poke, robust=True)
    return row


def put_mail(*, notification_id: int, now: datetime) -> OutboxRow:
    """Ask for the e-mail of a notification; sending it takes the notification's id only."""
    return put(SEND_MAIL, [notification_id], now=now)


def sendable(now: datetime, *, resend_seconds: float, limit: int = 100) -> list[OutboxRow]:
    """Rows never sent, or sent but not claimed for `resend_seconds`; oldest first."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    unsent = Q(sent_at__isnull=True) | Q(sent_at__lte=now - timedelta(seconds=resend_seconds))
    return list(OutboxRow.objects.filter(due & unsent, claimed_at__isnull=True).order_by("pk")[:limit])


def mark_sent(row: OutboxRow, now: datetime) -> bool:
    """Compare-and-set before sending; False when another dispatcher was faster or a worker claimed it meanwhile.

    Marked first, sent second: a dispatcher that dies between the two sends late, never not at all.
    """
    unchanged = OutboxRow.objects.filter(pk=row.pk, claimed_at__isnull=True, sent_count=row.sent_count)
    return unchanged.update(sent_at=now, sent_count=F("sent_count") + 1) == 1


def mark_claimed(task: str, arguments: Sequence[Any], now: datetime) -> int:
    """A worker has taken up this work: nothing of it is sent again."""
    waiting = OutboxRow.objects.filter(task=task, arguments=list(arguments), claimed_at__isnull=True)
    return waiting.update(claimed_at=now)


def postpone(task: str, arguments: Sequence[Any], until: datetime) -> int:
    """Whoever could not do it now: it is not sent before then."""
    waiting = OutboxRow.objects.filter(task=task, arguments=list(arguments), claimed_at__isnull=True)
    return waiting.update(not_before=until)


def is_waiting(task: str, arguments: Sequence[Any]) -> bool:
    return OutboxRow.objects.filter(task=task, arguments=list(arguments), claimed_at__isnull=True).exists()


def forget_old(now: datetime) -> int:
    """Delete claimed rows that are a day old."""
    return OutboxRow.objects.filter(claimed_at__lt=now - KEPT).delete()[0]
