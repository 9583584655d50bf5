"""One procedure in several environments side by side: steps, durations, counts, findings; what differs is marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import Migration, PlanRevision, Run
from migrations_app.models.actor import Actor
from migrations_app.selectors import compared_lines, run_rows
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.compared_lines import ComparedLine, Side, StepLine
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.procedures import proofs
from migrations_app.selectors.run_rows import RunRow

MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One environment. `run` is the newest that stands there, else the newest; None where only a plan is.

    `same_procedure`: its plan does exactly what that of the last column does, targets apart.
    """

    environment_id: int
    environment: str
    protected: bool
    migration_id: int
    title: str
    revision: int
    procedure: str
    same_procedure: bool
    targets: tuple[tuple[str, str], ...]
    risk_score: int
    risk_level: str
    run: RunRow | None


@dataclass(frozen=True, slots=True)
class RunComparison:
    """`content` holds parameters and options that are not the same everywhere, `same_content` counts the others."""

    migration_id: int
    title: str
    columns: tuple[RunColumn, ...]
    outcome: tuple[ComparedLine, ...]
    steps: tuple[StepLine, ...]
    counts: tuple[ComparedLine, ...]
    findings: tuple[ComparedLine, ...]
    content: tuple[ComparedLine, ...]
    same_content: int


def compare_runs(*, actor: Actor, migration_id: int, now: datetime) -> RunComparison:
    """In the order of promotion, at most the last six environments; empty for a migration without a plan.

    Beside the migration itself: the newest run of the same procedure in each other environment, and what the
    migration was promoted from and to, also where these were edited since. Raises NotFound.
    """
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    sides = _sides(access, migration)
    columns = _columns(sides, now)
    content = compared_lines.content(sides)
    return RunComparison(
        migration_id=migration.pk,
        title=migration.title,
        columns=columns,
        outcome=compared_lines.outcome(sides),
        steps=compared_lines.steps(sides),
        counts=compared_lines.counts(sides),
        findings=compared_lines.findings(sides),
        content=tuple(line for line in content if line.differs),
        same_content=sum(not line.differs for line in content),
    )


def _sides(access: Access, migration: Migration) -> list[Side]:
    newest = migration.revisions.order_by("-number").first()
    if newest is None:
        return []
    of_family = Q(revision__procedure=newest.procedure) if newest.procedure else Q()
    of_family |= Q(migration__in=[each for each in (migration.promoted_from_id,) if each])
    of_family |= Q(migration__promoted_from=migration)
    here = access.within(Permission.VIEW, "migration__environment")
    others = Run.objects.filter(of_family, here, kind=RunKind.APPLY).exclude(
        migration__environment=migration.environment_id
    )
    own = Run.objects.filter(migration=migration, kind=RunKind.APPLY)
    wanted = {**_newest(others), **_newest(own)}
    rows = run_rows.with_names(Run.objects.filter(pk__in=wanted.values()))
    sides = [_side(run.revision, run) for run in rows]
    if not any(side.revision.migration_id == migration.pk for side in sides):
        sides.append(_side(newest, None))
    return sorted(sides, key=lambda side: side.revision.migration.environment.position)[-MOST_COLUMNS:]


def _newest(runs: QuerySet[Run]) -> dict[int, int]:
    """Environment id -> the newest run that stands there, else the newest."""
    by_place = "migration__environment"
    tried = dict(runs.values_list(by_place).annotate(Max("pk")).order_by())
    standing = runs.filter(pk__in=proofs().values("pk"))
    return {**tried, **dict(standing.values_list(by_place).annotate(Max("pk")).order_by())}


def _side(revision: PlanRevision, run: Run | None) -> Side:
    return Side(revision, Plan.from_content(revision.content), run, view_of(run) if run else None)


def _columns(sides: Sequence[Side], now: datetime) -> tuple[RunColumn, ...]:
    rows = {row.id: row for row in run_rows.rows_of([side.run for side in sides if side.run], now=now)}
    return tuple(
        RunColumn(
            environment_id=side.revision.migration.environment_id,
            environment=side.revision.migration.environment.name,
            protected=side.revision.migration.environment.protected,
            migration_id=side.revision.migration_id,
            title=side.revision.migration.title,
            revision=side.revision.number,
            procedure=side.revision.procedure,
            same_procedure=side.revision.procedure == sides[-1].revision.procedure,
            targets=tuple((target.role, target.name) for target in side.plan.targets),
            risk_score=side.revision.risk_score,
            risk_level=side.revision.risk_level,
            run=rows.get(side.run.pk) if side.run else None,
        )
        for side in sides
    )
