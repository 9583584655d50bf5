"""How long steps took in the past, for the estimates of plans."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.estimates import Past, PastStep
from migrations_app.engine.vocabulary import RunKind, RunState, StepState
from migrations_app.models import Run, StepRun

PAST_RUNS = 20
ENOUGH_HERE = 3  # runs of this environment; with fewer, those of every environment are learned from
_UNITS = ("sessions", "rows")


def past_of(*, handler: str, pair: str, environment_id: int) -> Past:
    """Of the newest successful runs of this handler between stores of these kinds; of this environment if it has
    enough."""
    alike = Run.objects.filter(
        kind=RunKind.APPLY, state=RunState.SUCCEEDED, migration__handler=handler, stores=pair
    ).order_by("-pk")
    here = list(alike.filter(environment=environment_id).select_related("revision")[:PAST_RUNS])
    everywhere = len(here) < ENOUGH_HERE
    if everywhere:
        others = alike.exclude(environment=environment_id).select_related("revision")
        here += others[: PAST_RUNS - len(here)]
        everywhere = any(run.environment_id != environment_id for run in here)
    unit = next((unit for run in here for unit in _UNITS if unit in run.revision.sizes), "")
    return Past(pair, unit, everywhere, _steps(here))


def _steps(runs: list[Run]) -> Mapping[str, tuple[PastStep, ...]]:
    planned = {run.pk: _planned(run) for run in runs}
    found: dict[str, list[PastStep]] = defaultdict(list)
    rows = StepRun.objects.filter(run__in=list(planned), partition=0, state=StepState.SUCCEEDED)
    for run, step, began, ended, done in rows.order_by("-run", "pk").values_list(
        "run", "step", "started_at", "ended_at", "done"
    ):
        if began is None or ended is None:
            continue
        own_seconds, volume = planned[run].get(step, (1, done))
        seconds = (ended - began).total_seconds()
        found[step].append(PastStep(run, seconds, done if volume is None else volume, own_seconds))
    return {step: tuple(each) for step, each in found.items()}


def _planned(run: Run) -> Mapping[str, tuple[int, int | None]]:
    """Step id -> the handler's own estimate and the volume. Older plans kept what they showed, and no volume."""
    kept: dict[str, Any] | None = run.revision.estimates
    if kept:
        return {step["step"]: (step["own_seconds"], step["volume"]) for step in kept["steps"]}
    return {step["id"]: (step["estimated_seconds"], None) for step in run.revision.content["steps"]}
