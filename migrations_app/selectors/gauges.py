"""Numbers about the whole of Snakeweb, for monitoring; they name no person, target or session."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Sum

from migrations_app.engine.vocabulary import FINAL_RUN_STATES
from migrations_app.models import AuditHead, AuditProof, Lease, Migration, OutboxRow, Run, Target
from migrations_app.selectors.attendance import attention


@dataclass(frozen=True, slots=True)
class Gauges:
    """`runs` counts by (kind, state), `migrations` by status. Ages in seconds, None where there is nothing.

    `lapsed_leases`: live runs and partitions whose lease nobody renews and which wait to be taken over.
    """

    runs: tuple[tuple[str, str, int], ...]
    migrations: tuple[tuple[str, int], ...]
    targets: tuple[tuple[str, int], ...]
    needs_person: int
    events: int
    outbox_waiting: int
    outbox_oldest_seconds: float | None
    lapsed_leases: int
    audit_entries: int
    audit_ok: bool | None
    audit_proof_age_seconds: float | None
    schedules_waiting: int
    schedules_unattended_seconds: float


def gauges(*, now: datetime) -> Gauges:
    runs = Run.objects.order_by().values_list("kind", "state").annotate(Count("pk"))
    statuses = Migration.objects.order_by().values_list("status").annotate(Count("pk"))
    kinds = Target.objects.filter(archived_at=None).order_by().values_list("kind").annotate(Count("pk"))
    waiting = OutboxRow.objects.filter(claimed_at=None).aggregate(count=Count("pk"), oldest=Min("created_at"))
    lapsed = Lease.objects.exclude(run__state__in=FINAL_RUN_STATES).exclude(holder="").filter(expires_at__lt=now)
    head = AuditHead.objects.first()
    proof = AuditProof.objects.first()
    attended = attention(now=now)
    return Gauges(
        runs=tuple(runs),
        migrations=tuple(statuses),
        targets=tuple(kinds),
        needs_person=Migration.objects.filter(needs_person=True).count(),
        events=Run.objects.aggregate(sum=Sum("last_seq"))["sum"] or 0,
        outbox_waiting=waiting["count"],
        outbox_oldest_seconds=_age(now, waiting["oldest"]),
        lapsed_leases=lapsed.count(),
        audit_entries=head.seq if head else 0,
        audit_ok=proof.ok if proof else None,
        audit_proof_age_seconds=_age(now, proof.at if proof else None),
        schedules_waiting=attended.waiting,
        schedules_unattended_seconds=attended.seconds,
    )


def _age(now: datetime, then: datetime | None) -> float | None:
    return None if then is None else max(0.0, (now - then).total_seconds())
