"""The lines of a comparison of runs: a value a column, and whether they differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import StepKind, StepState
from migrations_app.models import PlanRevision, Run
from migrations_app.selectors.plans import shown

SLOWER = 2  # so many times as long as the fastest, and
SLOWER_BY_MS = 2_000  # by so much, and a step's time is marked
_COUNTED = (StepKind.BACKUP, StepKind.MIGRATION, StepKind.VERIFICATION)


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
class Side:
    """What a column is made of."""

    revision: PlanRevision
    plan: Plan
    run: Run | None
    view: RunView | None


def outcome(sides: Sequence[Side]) -> tuple[ComparedLine, ...]:
    """What the run as a whole came to."""
    lines = (
        ("took", "ms", long_apart, [_took(side.view) if side.view else None for side in sides]),
        ("writes waited", "ms", long_apart, [_waited(side.view) for side in sides]),
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


def steps(sides: Sequence[Side]) -> tuple[StepLine, ...]:
    titles = _titles(sides)
    return tuple(
        _step_line(step_id, title, [_cell(side, step_id) for side in sides]) for step_id, title in titles.items()
    )


def _titles(sides: Sequence[Side]) -> dict[str, str]:
    """Step id -> its title, or its id in words where the titles name targets and so are not the same."""
    said: dict[str, set[str]] = {}
    for side in sides:
        for step in side.plan.steps:
            said.setdefault(step.id, set()).add(step.title)
    return {name: min(titles) if len(titles) == 1 else name.replace("_", " ") for name, titles in said.items()}


def _cell(side: Side, step_id: str) -> StepCell | None:
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
        ("time", long_apart([cell.took_ms for cell in ran])),
    )
    return StepLine(step_id, title, tuple(cells), tuple(name for name, so in differs if so))


def counts(sides: Sequence[Side]) -> tuple[ComparedLine, ...]:
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


def _count_line(name: str, key: tuple[str, str], sides: Sequence[Side]) -> ComparedLine:
    step_id, field = key
    found = [(side.view.results.get(step_id) or {}).get(field) if side.view else None for side in sides]
    values = tuple(shown(value) if isinstance(value, bool) else value for value in found)
    if field == "downtime" or field.endswith("_ms"):
        return ComparedLine(name, values, long_apart(values), "ms")
    return ComparedLine(name, values, _unlike(values))


def findings(sides: Sequence[Side]) -> tuple[ComparedLine, ...]:
    """The weight of each finding of the risk; None where it was not found. A rule may find one thing or another."""
    weighed: list[dict[tuple[str, str], int]] = []
    for side in sides:
        found: dict[tuple[str, str], int] = {}
        for finding in side.revision.findings:
            key = (finding["rule"], finding["title"])
            found[key] = found.get(key, 0) + finding["weight"]
        weighed.append(found)
    lines = []
    for key in dict.fromkeys(key for found in weighed for key in found):
        values = tuple(found.get(key) for found in weighed)
        lines.append(ComparedLine(key[1], values, len(set(values)) > 1))
    return tuple(lines)


def content(sides: Sequence[Side]) -> tuple[ComparedLine, ...]:
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


def long_apart(values: Sequence[str | int | None]) -> bool:
    times = [value for value in values if isinstance(value, int)]
    return len(times) > 1 and max(times) >= SLOWER * min(times) and max(times) - min(times) >= SLOWER_BY_MS
