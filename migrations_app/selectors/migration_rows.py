"""A migration as a line of a list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from migrations_app.engine.policy import PlanTraits, Policy, ask
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    Decision,
    MigrationStatus,
    MigrationType,
    ReviewState,
    RiskLevel,
)
from migrations_app.models import Migration, MigrationTarget, PlanRevision, Run, Signature
from migrations_app.selectors.policy_rules import in_force
from migrations_app.selectors.risk import RiskView, newest_risks


@dataclass(frozen=True, slots=True)
class RoleTarget:
    role: str
    target_id: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A line of the list. `digest`, `revision` and risk are those of the newest plan ('' / None before planning).

    `approvals` counts live approvals of that plan (with a comment, where one is asked for); the migration's page says
    which of them still count.
    The risk is that of this moment, without what is waived. `required_approvals` is how many signatures the policies
    in force ask for; `no_policy`: signatures are wanted, and no policy says whose, so the plan is blocked.
    """

    id: int
    title: str
    type: MigrationType
    type_label: str
    handler: str
    environment_id: int
    environment: str
    protected: bool
    status: MigrationStatus
    review_state: ReviewState
    needs_person: bool
    version: int
    revision: int | None
    digest: str
    risk_level: RiskLevel | None
    risk_score: int | None
    targets: tuple[RoleTarget, ...]
    created_by: str
    created_at: datetime
    changed_at: datetime
    approvals: int
    required_approvals: int
    no_policy: bool
    live_run_id: int | None


def with_newest_plan(migrations: QuerySet[Migration]) -> QuerySet[Migration]:
    """The joins and annotations that a row needs."""
    newest = PlanRevision.objects.filter(migration=OuterRef("pk")).order_by("-number")
    live = Run.objects.filter(migration=OuterRef("pk")).exclude(state__in=FINAL_RUN_STATES)
    signed = Signature.objects.filter(
        migration=OuterRef("pk"), digest=OuterRef("newest_digest"), voided_at=None, decision=Decision.APPROVE
    )
    # A subquery, no join: grouping would go through every migration before the first row is known.
    grouped = signed.order_by().values("migration")
    counted = grouped.annotate(number=Count("pk")).values("number")
    with_comment = grouped.annotate(number=Count("pk", filter=~Q(comment=""))).values("number")
    return (
        migrations.select_related("environment", "created_by", "owner")
        .annotate(
            newest_number=Subquery(newest.values("number")[:1]),
            newest_digest=Subquery(newest.values("digest")[:1]),
            newest_approval=Subquery(newest.values("approval_required")[:1]),
            newest_zero_downtime=Subquery(newest.values("zero_downtime")[:1]),
            newest_irreversible=Subquery(newest.values("irreversible")[:1]),
            live_run=Subquery(live.values("pk")[:1]),
        )
        .annotate(approvals=Coalesce(Subquery(counted), 0), spoken=Coalesce(Subquery(with_comment), 0))
    )


def rows_of(
    migrations: Iterable[Migration],
    *,
    now: datetime,
    policies: Iterable[Policy] | None = None,
    risks: Mapping[int, RiskView] | None = None,
) -> tuple[MigrationRow, ...]:
    """In their order, with one query for all their targets; `migrations` come from `with_newest_plan`.

    `policies`: where those in force are known already; `risks`: where what is waived of which migration is.
    """
    listed = list(migrations)
    targets: dict[int, list[RoleTarget]] = defaultdict(list)
    roles = MigrationTarget.objects.filter(migration__in=[m.pk for m in listed]).select_related("target")
    for row in roles.order_by("pk"):
        targets[row.migration_id].append(
            RoleTarget(row.role, row.target_id, row.target.name, row.target.get_kind_display())
        )
    known = policies if policies is not None else in_force() if listed else ()
    waived = newest_risks(now=now, migrations=[m.pk for m in listed]) if risks is None and listed else risks or {}
    return tuple(_row(m, tuple(targets[m.pk]), known, waived.get(m.pk)) for m in listed)


def _row(
    migration: Migration, targets: tuple[RoleTarget, ...], policies: Iterable[Policy], waived: RiskView | None
) -> MigrationRow:
    newest = vars(migration)  # the annotations of `with_newest_plan`
    level = RiskLevel(migration.risk_level) if migration.risk_level else None
    if level and waived:
        level = waived.level
    traits = PlanTraits(
        environment=migration.environment.name,
        protected=migration.environment.protected,
        type=MigrationType(migration.type),
        risk=level or RiskLevel.LOW,
        zero_downtime=bool(newest["newest_zero_downtime"]),
        irreversible=bool(newest["newest_irreversible"]),
    )
    asked = ask(policies, traits, approval_required=newest["newest_approval"] is not False)
    return MigrationRow(
        id=migration.pk,
        title=migration.title,
        type=MigrationType(migration.type),
        type_label=migration.get_type_display(),
        handler=migration.handler,
        environment_id=migration.environment_id,
        environment=migration.environment.name,
        protected=migration.environment.protected,
        status=MigrationStatus(migration.status),
        review_state=ReviewState(migration.review_state),
        needs_person=migration.needs_person,
        version=migration.version,
        revision=newest["newest_number"],
        digest=newest["newest_digest"] or "",
        risk_level=level,
        risk_score=(waived.score if waived else migration.risk_score) if level else None,
        targets=targets,
        created_by=str(migration.created_by),
        created_at=migration.created_at,
        changed_at=migration.changed_at,
        approvals=newest["spoken" if asked.comment_for else "approvals"],
        required_approvals=len(asked.slots),
        no_policy=asked.blocked,
        live_run_id=newest["live_run"],
    )
