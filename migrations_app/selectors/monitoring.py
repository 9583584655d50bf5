"""Numbers about the whole of Snakeweb, for monitoring; they name no person, target or session.

All of them come from the control database at the moment they are asked for: however many processes there are, each
gives the same answer, and none has to have lived when something happened.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from migrations_app.engine.alerts import AlertCause, ChannelKind
from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    MigrationStatus,
    ReviewState,
    RunKind,
    RunState,
    StepState,
    TargetKind,
)
from migrations_app.engine.webhooks import DeliveryState, WebhookState
from migrations_app.models import (
    DISPATCHING,
    Alert,
    AuditCheckpoint,
    AuditHead,
    AuditProof,
    Delivery,
    Leadership,
    Lease,
    Migration,
    OutboxRow,
    Queue,
    Run,
    StepRun,
    Target,
    Webhook,
)
from migrations_app.selectors.attendance import attention
from migrations_app.selectors.impact_now import ImpactNow, impact_now
from migrations_app.selectors.pace import records_a_second
from migrations_app.selectors.replication import Replication, replication

Values = tuple[str, ...]
ByLabels = Mapping[Values, float]
UNFINISHED = [state for state in RunState if state not in FINAL_RUN_STATES]
OPEN, ACKNOWLEDGED = "open", "acknowledged"
TO_WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by labels hold every combination there can be, also those that are 0. Ages in seconds, None: of nothing.

    `lapsed_leases`: live runs and partitions whose lease nobody renews and which wait to be taken over; `due_leases`
    want a driver and nobody has taken them yet. `deliveries` of the last month, by receiver and state.
    """

    runs: ByLabels
    runs_started: ByLabels
    runs_with_mismatches: int
    confirmations_waiting: int
    events: int
    steps: ByLabels
    step_attempts: int
    records_a_second: float
    replication: Replication
    impact: ImpactNow
    migrations: ByLabels
    reviews: ByLabels
    needs_person: int
    approval_oldest_seconds: float | None
    targets: ByLabels
    outbox_waiting: ByLabels
    outbox_oldest_seconds: float | None
    dispatcher_leads: bool
    due_leases: int
    lapsed_leases: int
    takeovers: int
    refusals: int
    schedules_waiting: int
    schedules_unattended_seconds: float
    alerts: ByLabels
    alerts_fired: ByLabels
    webhooks: ByLabels
    deliveries: ByLabels
    delivery_oldest_seconds: float | None
    audit_entries: int
    audit_sealed: int
    audit_ok: bool | None
    audit_proof_age_seconds: float | None


def figures(*, now: datetime) -> Figures:
    of_leases = Lease.objects.aggregate(takeovers=Sum("takeovers"), refusals=Sum("refusals"))
    live_leases = Lease.objects.exclude(run__state__in=FINAL_RUN_STATES)
    outbox = OutboxRow.objects.filter(Q(not_before=None) | Q(not_before__lte=now), claimed_at=None)
    deliveries = Delivery.objects.all()
    in_review = Migration.objects.filter(review_state=ReviewState.IN_REVIEW)
    proof = AuditProof.objects.first()
    attended = attention(now=now)
    return Figures(
        runs=_counts(Run.objects.all(), kind=RunKind, state=RunState),
        runs_started=_counts(Run.objects.exclude(started_at=None), kind=RunKind),
        runs_with_mismatches=Run.objects.filter(error__type=DataCorruption.code).count(),
        confirmations_waiting=Run.objects.filter(state=RunState.PARKED, parked_because=ParkedFor.CONFIRMATION).count(),
        events=Run.objects.aggregate(sum=Sum("last_seq"))["sum"] or 0,
        steps=_counts(StepRun.objects.filter(partition=0, run__state__in=UNFINISHED), state=StepState),
        step_attempts=StepRun.objects.filter(partition=0).aggregate(sum=Sum("attempt"))["sum"] or 0,
        records_a_second=records_a_second(now=now),
        replication=replication(now=now),
        impact=impact_now(now=now),
        migrations=_counts(Migration.objects.all(), status=MigrationStatus),
        reviews=_counts(Migration.objects.all(), review_state=ReviewState),
        needs_person=Migration.objects.filter(needs_person=True).count(),
        approval_oldest_seconds=_oldest(in_review, "submitted_at", now),
        targets=_counts(Target.objects.filter(archived_at=None), kind=TargetKind),
        outbox_waiting=_counts(outbox, queue=Queue),
        outbox_oldest_seconds=_oldest(outbox, "created_at", now),
        dispatcher_leads=Leadership.objects.filter(name=DISPATCHING, expires_at__gt=now).exclude(holder="").exists(),
        due_leases=Lease.objects.filter(holder="", due_at__lte=now).count(),
        lapsed_leases=live_leases.exclude(holder="").filter(expires_at__lt=now).count(),
        takeovers=of_leases["takeovers"] or 0,
        refusals=of_leases["refusals"] or 0,
        schedules_waiting=attended.waiting,
        schedules_unattended_seconds=attended.seconds,
        alerts=_alerts(),
        alerts_fired=_sums(
            Alert.objects.order_by().values_list("rule__cause").annotate(Sum("count")), list(AlertCause)
        ),
        webhooks=_counts(Webhook.objects.filter(archived_at=None), state=WebhookState),
        deliveries=_deliveries(deliveries),
        delivery_oldest_seconds=_oldest(deliveries.filter(state=DeliveryState.WAITING), "created_at", now),
        audit_entries=AuditHead.objects.values_list("seq", flat=True).first() or 0,
        audit_sealed=AuditCheckpoint.objects.order_by("-number").values_list("last", flat=True).first() or 0,
        audit_ok=proof.ok if proof else None,
        audit_proof_age_seconds=_age(now, proof.at if proof else None),
    )


def _counts(rows: QuerySet[Any], **labels: Iterable[str]) -> ByLabels:
    grouped = rows.order_by().values_list(*labels).annotate(Count("pk"))
    return _sums(grouped, *labels.values())


def _sums(rows: Iterable[tuple[Any, ...]], *known: Iterable[str]) -> ByLabels:
    """Every combination of what is known; a value that is not known is counted nowhere, so labels stay bounded."""
    found = {tuple(map(str, labels)): number for *labels, number in rows}
    return {values: float(found.get(values, 0)) for values in product(*(map(str, each) for each in known))}


def _alerts() -> ByLabels:
    still = Alert.objects.filter(closed_at=None)
    state = {OPEN: still.filter(acknowledged_at=None), ACKNOWLEDGED: still.exclude(acknowledged_at=None)}
    return {
        (*cause, name): count
        for name, rows in state.items()
        for cause, count in _sums(
            rows.order_by().values_list("rule__cause").annotate(Count("pk")), list(AlertCause)
        ).items()
    }


def _deliveries(rows: QuerySet[Delivery]) -> ByLabels:
    """By what they are sent through: a webhook, or the kind of an alert's channel (which may be a webhook too); people
    get mails."""
    of_webhooks = rows.filter(webhook__isnull=False).order_by().values_list("state").annotate(Count("pk"))
    kind = Coalesce("channel__kind", Value(ChannelKind.MAIL.value))
    told = rows.filter(webhook=None).order_by().values_list(kind, "state").annotate(Count("pk"))
    every = [*((TO_WEBHOOK, state, count) for state, count in of_webhooks), *told]
    return _sums(every, list(ChannelKind), list(DeliveryState))


def _oldest(rows: QuerySet[Any], since: str, now: datetime) -> float | None:
    return _age(now, rows.aggregate(oldest=Min(F(since)))["oldest"])


def _age(now: datetime, then: datetime | None) -> float | None:
    return None if then is None else max(0.0, (now - then).total_seconds())
