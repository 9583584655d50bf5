"""Whether anybody attends to what has to happen by itself: schedules, new audit entries, committed work, receivers.

Without Celery's beat, a worker or a dispatcher nobody notices anything, and no alert says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, Subquery

from migrations_app.engine.vocabulary import ScheduleState
from migrations_app.engine.webhooks import DeliveryState, WebhookState
from migrations_app.models import (
    AlertChannel,
    AlertRule,
    Attendance,
    AuditEntry,
    AuditProof,
    AuditWatch,
    Delivery,
    OutboxRow,
    Schedule,
    Webhook,
)

PATIENCE = timedelta(seconds=60)  # six times as long as beat waits between two looks
AUDIT_PATIENCE = timedelta(minutes=3)  # three times


@dataclass(frozen=True, slots=True)
class Attention:
    """`waiting` schedules; `seconds` for which nobody has looked at them (0 without any)."""

    waiting: int
    seconds: float
    last_at: datetime | None

    @property
    def is_missing(self) -> bool:
        return self.seconds > PATIENCE.total_seconds()


def attention(*, now: datetime) -> Attention:
    """Counted from when the oldest of them was made, where nobody has looked since."""
    found = Schedule.objects.filter(state=ScheduleState.WAITING).aggregate(waiting=Count("pk"), since=Min("created_at"))
    if not found["waiting"]:
        return Attention(0, 0.0, None)
    last_at = Attendance.objects.values_list("at", flat=True).first()
    since = max(found["since"], last_at) if last_at else found["since"]
    return Attention(found["waiting"], max(0.0, (now - since).total_seconds()), last_at)


@dataclass(frozen=True, slots=True)
class AuditAttention:
    """`unseen`: the oldest entry that nobody has looked at for longer than AUDIT_PATIENCE (None: there is none).

    `broken`: the last verification, or look at new entries, found damage.
    """

    unseen: int | None
    broken: bool


def audit_attention(*, now: datetime) -> AuditAttention:
    through = AuditWatch.objects.values_list("through", flat=True).first() or 0
    oldest = AuditEntry.objects.filter(seq__gt=through).order_by("seq").values_list("seq", "at").first()
    unseen = oldest[0] if oldest is not None and oldest[1] < now - AUDIT_PATIENCE else None
    return AuditAttention(unseen, AuditProof.objects.order_by("-pk").values_list("ok", flat=True).first() is False)


@dataclass(frozen=True, slots=True)
class Receivers:
    """Of webhooks and channels of alerts, those that are switched on; `failing` of them took nothing the last time."""

    known: int
    failing: int


def receivers() -> Receivers:
    """A webhook that was ended because its receiver took nothing is failing too, until somebody looks at it."""
    hooks = Webhook.objects.filter(archived_at=None).exclude(state=WebhookState.SWITCHED_OFF)
    failing = Q(failures__gt=0) | Q(state__in=(WebhookState.GONE, WebhookState.FAILING))
    tried = Delivery.objects.filter(channel=OuterRef("pk"), tries__gt=0).order_by("-pk")
    channels = AlertChannel.objects.filter(archived_at=None, webhook=None)
    last = list(channels.annotate(last=Subquery(tried.values("state")[:1])).values_list("last", flat=True))
    not_taken = [state for state in last if state not in (None, DeliveryState.DELIVERED)]
    return Receivers(hooks.count() + len(last), hooks.filter(failing).count() + len(not_taken))


@dataclass(frozen=True, slots=True)
class ForDispatcher:
    """What a dispatcher is needed for now: `rows` that it would hand out, alert `rules` that it would watch."""

    rows: int
    rules: int


def for_dispatcher(*, now: datetime) -> ForDispatcher:
    due = Q(not_before=None) | Q(not_before__lte=now)
    rows = OutboxRow.objects.filter(due, claimed_at=None).count()
    return ForDispatcher(rows, AlertRule.objects.filter(enabled=True, archived_at=None).count())
