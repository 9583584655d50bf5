"""Rows for tests of the runtime: a migration with a hand-made plan, and a queued run of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.options import defaults
from migrations_app.engine.plan import Claim, Plan, Step, TargetRef, content_digest
from migrations_app.engine.vocabulary import (
    ClaimMode,
    MigrationStatus,
    MigrationType,
    RiskLevel,
    RunKind,
    StepKind,
    TargetKind,
)
from migrations_app.models import (
    ClaimedTarget,
    Environment,
    Migration,
    MigrationTarget,
    Person,
    PlanRevision,
    Run,
    Target,
)
from migrations_app.runtime import journal, work
from migrations_app.runtime.leases import Scope
from tests import policies

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def person(name: str = "olga") -> Person:
    return Person.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})[0]


def environment(name: str = "dev") -> Environment:
    """Its plans need no signature."""
    found, made = Environment.objects.get_or_create(
        name=name, defaults={"position": Environment.objects.count() + 1, "created_at": AT}
    )
    if made:
        policies.with_environment(found, 0, AT)
    return found


def target(name: str, config: dict[str, Any] | None = None) -> Target:
    return Target.objects.create(
        environment=environment(),
        name=name,
        kind=TargetKind.SESSION_STORE,
        config=config or {"store": "sqlite", "path": f"/nowhere/{name}.sqlite3"},
        created_at=AT,
        changed_at=AT,
    )


def step(name: str, **values: Any) -> Step:
    return Step(id=name, kind=StepKind.MIGRATION, title=name.title(), action=name, **values)


def plan(steps: Sequence[Step], targets: Sequence[Target] = (), **options: Any) -> Plan:
    roles = dict(zip(("source", "target"), targets, strict=False))
    return Plan(
        environment="dev",
        type=MigrationType.SESSION,
        handler="session",
        handler_version="1",
        options={**defaults(), "parallel_workers": 1, **options},
        parameters={},
        targets=tuple(
            TargetRef(row.pk, role, row.name, TargetKind(row.kind), content_digest(row.config))
            for role, row in roles.items()
        ),
        steps=tuple(steps),
        rollback_steps=(),
        claims=tuple(Claim(row.pk, ClaimMode.EXCLUSIVE) for row in roles.values()),
    )


def migration(content: Plan, targets: Sequence[Target] = (), *, title: str = "Move sessions") -> PlanRevision:
    """A planned migration; returns its only revision."""
    row = Migration.objects.create(
        title=title,
        type=content.type,
        handler=content.handler,
        environment=environment(),
        status=MigrationStatus.PLANNED,
        risk_level=RiskLevel.LOW,
        risk_score=10,
        created_by=person(),
        created_at=AT,
        changed_at=AT,
    )
    for role, used in zip(("source", "target"), targets, strict=False):
        MigrationTarget.objects.create(migration=row, role=role, target=used)
    return PlanRevision.objects.create(
        migration=row,
        number=1,
        digest=content.digest,
        content=content.content(),
        findings_digest="0" * 64,
        risk_score=10,
        risk_level=RiskLevel.LOW,
        estimated_seconds=10,
        created_by=person(),
        created_at=AT,
    )


def queued(revision: PlanRevision, kind: RunKind = RunKind.APPLY, undoes: Run | None = None) -> Run:
    """A queued run with its first event, its claims and a lease that is due."""
    with transaction.atomic():
        run = Run.objects.create(
            migration=revision.migration,
            environment=revision.migration.environment,
            revision=revision,
            procedure=revision.procedure,
            kind=kind,
            undoes=undoes,
            started_by=person(),
            created_at=AT,
        )
        claims = Plan.from_content(revision.content).claims if kind is not RunKind.DRY_RUN else ()
        ClaimedTarget.objects.bulk_create(
            [ClaimedTarget(run=run, target_id=claim.target_id, mode=claim.mode) for claim in claims]
        )
        journal.append_by_person(run, [NewEvent(EventType.RUN_QUEUED)], now=AT)
        work.want_drivers([Scope(run.pk)], now=AT)
    run.refresh_from_db()
    return run


def a_run(*names: str, **options: Any) -> Run:
    """A queued run of a plan with these steps."""
    return queued(migration(plan([step(name) for name in names or ("one", "two")], **options)))
