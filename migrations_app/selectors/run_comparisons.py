"""Runs of one procedure side by side: steps, durations, counts, findings; what differs is marked."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery

from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunKind, RunState
from migrations_app.models import Environment, Migration, PlanRevision, Run
from migrations_app.models.actor import Actor
from migrations_app.selectors import compared_lines, run_rows
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.compared_lines import ComparedLine, Side, StepLine
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.procedures import proofs
from migrations_app.selectors.run_rows import RunRow

MOST_COLUMNS = 6
MOST_CHOICES = 5  # of an environment
MOST_OF_FAMILY = 30


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One run in its environment; `run` is None where only a plan is. `label` tells the columns apart.

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
    label: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A run that can be compared. `at` is when it ended, or began."""

    run_id: int
    environment: str
    state: RunState
    at: datetime
    chosen: bool


@dataclass(frozen=True, slots=True)
class RunComparison:
    """`content` holds parameters and options that are not the same everywhere, `same_content` counts the others."""

    migration_id: int
    title: str
    columns: tuple[RunColumn, ...]
    choices: tuple[Choice, ...]
    outcome: tuple[ComparedLine, ...]
    steps: tuple[StepLine, ...]
    counts: tuple[ComparedLine, ...]
    findings: tuple[ComparedLine, ...]
    content: tuple[ComparedLine, ...]
    same_content: int


def compare_runs(*, actor: Actor, migration_id: int, now: datetime, runs: Collection[int] = ()) -> RunComparison:
    """In the order of promotion and of time, at most the last six runs; empty for a migration without a plan.

    `runs`: which of the `choices` to compare; without any, the newest two of each environment that have ended, and
    what stands there among them. Compared are runs of the same procedure, those of the migration itself, and those of
    what it was promoted from and to, also where these were edited since. Raises NotFound.
    """
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    newest = migration.revisions.order_by("-number").first()
    found = _candidates(access, migration, newest) if newest else {}
    chosen = {run.pk for place in found.values() for run in place} & set(runs)
    usual = {run.pk for place in found.values() for run in _usual(place)}
    sides = _sides(found, chosen or usual, None if chosen else migration, newest)
    columns = _columns(sides, now)
    content = compared_lines.content(sides)
    return RunComparison(
        migration_id=migration.pk,
        title=migration.title,
        columns=columns,
        choices=_choices(found, {side.run.pk for side in sides if side.run}),
        outcome=compared_lines.outcome(sides),
        steps=compared_lines.steps(sides),
        counts=compared_lines.counts(sides),
        findings=compared_lines.findings(sides),
        content=tuple(line for line in content if line.differs),
        same_content=sum(not line.differs for line in content),
    )


def _candidates(access: Access, migration: Migration, newest: PlanRevision) -> Mapping[int, Sequence[Run]]:
    """Environment id -> its newest five runs, and the newest that stands there; in the order of promotion."""
    numbers = {*_of_procedure(access, newest.procedure), *_of_family(access, migration)}
    runs = Run.objects.filter(pk__in=numbers).annotate(stands=Exists(proofs().filter(pk=OuterRef("pk"))))
    found: dict[int, list[Run]] = {}
    for run in run_rows.with_names(runs).order_by("environment__position", "-pk"):
        here = found.setdefault(run.environment_id, [])
        if len(here) < MOST_CHOICES or (_stands(run) and not any(map(_stands, here))):
            here.append(run)
    return found


def _of_procedure(access: Access, procedure: str) -> Iterator[int]:
    """An index leads to each: however often it has run, a few rows are read."""
    if not procedure:
        return
    here = Run.objects.filter(procedure=procedure, environment=OuterRef("pk"), kind=RunKind.APPLY).order_by("-pk")
    stand = proofs().filter(procedure=procedure, environment=OuterRef("pk")).order_by("-pk")
    newest = [Subquery(here.values("pk")[place : place + 1]) for place in range(MOST_CHOICES)]
    places = Environment.objects.filter(access.within(Permission.VIEW, "pk"))
    for numbers in places.values_list(*newest, Subquery(stand.values("pk")[:1])):
        yield from (number for number in numbers if number)


def _of_family(access: Access, migration: Migration) -> Iterable[int]:
    """The newest runs of itself and of what it was promoted from and to."""
    family = Q(migration__in=[each for each in (migration.pk, migration.promoted_from_id) if each])
    family |= Q(migration__promoted_from=migration)
    rows = Run.objects.filter(family, access.within(Permission.VIEW), kind=RunKind.APPLY)
    return rows.order_by("-pk").values_list("pk", flat=True)[:MOST_OF_FAMILY]


def _stands(run: Run) -> bool:
    return bool(vars(run)["stands"])


def _usual(runs: Sequence[Run]) -> Sequence[Run]:
    """The newest two that have ended; where neither stands, what stands takes the place of the older one."""
    ended = [run for run in runs if run.state in FINAL_RUN_STATES] or runs[:1]
    stands = next((run for run in ended if _stands(run)), None)
    return ended[:2] if stands is None or stands in ended[:2] else [ended[0], stands]


def _sides(
    found: Mapping[int, Sequence[Run]], wanted: Collection[int], own: Migration | None, newest: PlanRevision | None
) -> list[Side]:
    """`own` stands there without a run too, where none of its runs does."""
    sides = [_side(run.revision, run) for place in found.values() for run in place[::-1] if run.pk in wanted]
    if own and newest and not any(side.revision.migration_id == own.pk for side in sides):
        sides.append(_side(newest, None))
    return sorted(sides, key=lambda side: side.revision.migration.environment.position)[-MOST_COLUMNS:]


def _choices(found: Mapping[int, Sequence[Run]], shown: Collection[int]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            run.pk, run.migration.environment.name, RunState(run.state), run.ended_at or run.created_at, run.pk in shown
        )
        for place in found.values()
        for run in place
    )


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
            label=_label(side, sides),
        )
        for side in sides
    )


def _label(side: Side, sides: Sequence[Side]) -> str:
    """`staging`, or `staging, run 12` where there are several of it."""
    environment = side.revision.migration.environment
    here = sum(other.revision.migration.environment_id == environment.pk for other in sides)
    return environment.name if here == 1 else f"{environment.name}, run {side.run.pk if side.run else 'to come'}"
