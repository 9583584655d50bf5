"""One procedure in several environments side by side: steps, durations, counts, findings; what differs is marked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, StepKind, StepState
from migrations_app.models import Migration, PlanRevision, Run
from migrations_app.models.actor import Actor
from migrations_app.selectors import run_rows
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.plans import shown
from migrations_app.selectors.procedures import proofs
from migrations_app.selectors.run_rows import RunRow

MOST_COLUMNS = 6
SLOWER = 2  # so many times as long as the fastest, and
SLOWER_BY_MS = 2_000  # by so much, and a step's time is marked
_COUNTED = (StepKind.BACKUP, StepKind.MIGRATION, StepKind.VERIFICATION)


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
class StepCell:
    """What became of a step: `state` is '' before the run, `took_ms` None before its end."""

    state: str
    took_ms: int | None
    estimated_seconds: int
    done: int
    unit: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step over all columns; None where a plan does not have it. `differs` names what does: state, time, step."""

    id: str
    title: str
    cells: tuple[StepCell | None, ...]
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A value over all columns, None where there is none. `unit` is ms, score, or '' for what says itself."""

    name: str
    values: tuple[str | int | None, ...]
    differs: bool
    unit: str = ""


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


@dataclass(frozen=True, slots=True)
class _Side:
    """What a column is made of."""

    revision: PlanRevision
    plan: Plan
    run: Run | None
    view: RunView | None


def compare_runs(*, actor: Actor, migration_id: int, now: datetime) -> RunComparison:
    """In the order of promotion, at most the last six environments; empty for a migration without a plan.

    Beside the migration itself: the newest run of the same procedure in each other environment, and what the
    migration was promoted from and to, also where these were edited since. Raises NotFound.
    """
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    sides = _sides(access, migration)
    columns = _columns(sides, now)
    content = _content(sides)
    return RunComparison(
        migration_id=migration.pk,
        title=migration.title,
        columns=columns,
        outcome=_outcome(sides),
        steps=_steps(sides),
        counts=_counts(sides),
        findings=_findings(sides),
        content=tuple(line for line in content if line.differs),
        same_content=sum(not line.differs for line in content),
    )


def _sides(access: Access, migration: Migration) -> list[_Side]:
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


def _side(revision: PlanRevision, run: Run | None) -> _Side:
    return _Side(revision, Plan.from_content(revision.content), run, view_of(run) if run else None)


def _columns(sides: Sequence[_Side], now: datetime) -> tuple[RunColumn, ...]:
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


def _outcome(sides: Sequence[_Side]) -> tuple[ComparedLine, ...]:
    """What the run as a whole came to."""
    lines = (
        ("took", "ms", _long_apart, [_took(side.view) if side.view else None for side in sides]),
        ("writes waited", "ms", _long_apart, [_waited(side.view) for side in sides]),
        ("steps done", "", _unlike, [_steps_done(side.view) for side in sides]),
        ("attempts beyond the first", "", _unlike, [_retries(side.view) for side in sides]),
        ("warnings", "", _unlike, [len(side.view.warnings) if side.view else None for side in sides]),
        ("risk of the plan", "score", _unlike, [side.revision.risk_score for side in sides]),
    )
    return tuple(
        ComparedLine(name, tuple(values), differs(values), unit)
        for name, unit, differs, values in lines
        if any(value is not None for value in values)
    )


def _took(view: RunView) -> int | None:
    if view.started_at is None or view.ended_at is None:
        return None
    return round((view.ended_at - view.started_at).total_seconds() * 1000)


def _waited(view: RunView | None) -> int | None:
    """Milliseconds that the steps told; None where none has told any."""
    told = [int(result["downtime"]) for result in (view.results if view else {}).values() if "downtime" in result]
    return sum(told) if told else None


def _steps_done(view: RunView | None) -> str | None:
    if view is None:
        return None
    done = sum(step.state in (StepState.SUCCEEDED, StepState.SKIPPED) for step in view.steps)
    return f"{done} of {len(view.steps)}"


def _retries(view: RunView | None) -> int | None:
    return sum(max(0, step.attempt - 1) for step in view.steps) if view else None


def _steps(sides: Sequence[_Side]) -> tuple[StepLine, ...]:
    titles = _titles(sides)
    return tuple(
        _step_line(step_id, title, [_cell(side, step_id) for side in sides]) for step_id, title in titles.items()
    )


def _titles(sides: Sequence[_Side]) -> dict[str, str]:
    """Step id -> its title, or its id in words where the titles name targets and so are not the same."""
    said: dict[str, set[str]] = {}
    for side in sides:
        for step in side.plan.steps:
            said.setdefault(step.id, set()).add(step.title)
    return {name: min(titles) if len(titles) == 1 else name.replace("_", " ") for name, titles in said.items()}


def _cell(side: _Side, step_id: str) -> StepCell | None:
    planned = next((step for step in side.plan.steps if step.id == step_id), None)
    if planned is None:
        return None
    if side.view is None:
        return StepCell("", None, planned.estimated_seconds, 0, "")
    step = side.view.step(step_id)
    took = None if step.duration_seconds is None else round(step.duration_seconds * 1000)
    return StepCell(str(step.state), took, planned.estimated_seconds, step.done, step.unit)


def _step_line(step_id: str, title: str, cells: Sequence[StepCell | None]) -> StepLine:
    ran = [cell for cell in cells if cell and cell.state]
    differs = (
        ("step", any(cell is None for cell in cells)),
        ("state", len({cell.state for cell in ran}) > 1),
        ("time", _long_apart([cell.took_ms for cell in ran])),
    )
    return StepLine(step_id, title, tuple(cells), tuple(name for name, so in differs if so))


def _counts(sides: Sequence[_Side]) -> tuple[ComparedLine, ...]:
    """Whole numbers and yes or no among what backup, migration and verification steps reported."""
    names: dict[tuple[str, str], str] = {}
    for side in sides:
        counted = {step.id for step in side.plan.steps if step.kind in _COUNTED}
        for step_id, result in (side.view.results if side.view else {}).items():
            if step_id in counted:
                names |= {
                    (step_id, name): f"{step_id}: {name}".replace("_", " ")
                    for name, value in result.items()
                    if isinstance(value, int)
                }
    return tuple(_count_line(name, key, sides) for key, name in names.items())


def _count_line(name: str, key: tuple[str, str], sides: Sequence[_Side]) -> ComparedLine:
    step_id, field = key
    found = [(side.view.results.get(step_id) or {}).get(field) if side.view else None for side in sides]
    values = tuple(shown(value) if isinstance(value, bool) else value for value in found)
    if field == "downtime" or field.endswith("_ms"):
        return ComparedLine(name, values, _long_apart(values), "ms")
    return ComparedLine(name, values, _unlike(values))


def _findings(sides: Sequence[_Side]) -> tuple[ComparedLine, ...]:
    """The weight of each rule of the risk; None where it found nothing."""
    weighed = [{finding["rule"]: finding for finding in side.revision.findings} for side in sides]
    titles = {rule: finding["title"] for each in weighed for rule, finding in each.items()}
    lines = []
    for rule, title in titles.items():
        values = tuple(each[rule]["weight"] if rule in each else None for each in weighed)
        lines.append(ComparedLine(title, values, len(set(values)) > 1))
    return tuple(lines)


def _content(sides: Sequence[_Side]) -> tuple[ComparedLine, ...]:
    """Parameters and options in effect, and the handler's version."""
    parts: list[Mapping[str, Any]] = [
        {"handler version": side.plan.handler_version, **side.plan.parameters, **side.plan.options} for side in sides
    ]
    names: Iterable[str] = dict.fromkeys(name for part in parts for name in part)
    lines = []
    for name in names:
        values = tuple(shown(part[name]) if name in part else None for part in parts)
        lines.append(ComparedLine(name.replace("_", " "), values, len(set(values)) > 1))
    return tuple(lines)


def _unlike(values: Sequence[str | int | None]) -> bool:
    return len({value for value in values if value is not None}) > 1


def _long_apart(values: Sequence[str | int | None]) -> bool:
    times = [value for value in values if isinstance(value, int)]
    return len(times) > 1 and max(times) >= SLOWER * min(times) and max(times) - min(times) >= SLOWER_BY_MS
