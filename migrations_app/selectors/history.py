"""How long steps took in the past, for the estimates of plans."""

from collections import defaultdict
from statistics import median

from migrations_app.engine.vocabulary import RunKind, RunState, StepState
from migrations_app.models import Run, StepRun

PAST_RUNS = 10


def step_seconds(*, handler: str, environment_id: int) -> dict[str, int]:
    """Step id -> median seconds in the last ten successful runs of this handler in this environment; at least 1."""
    runs = Run.objects.filter(
        kind=RunKind.APPLY,
        state=RunState.SUCCEEDED,
        migration__handler=handler,
        environment=environment_id,
    )
    newest = list(runs.order_by("-pk").values_list("pk", flat=True)[:PAST_RUNS])
    took: dict[str, list[float]] = defaultdict(list)
    steps = StepRun.objects.filter(run__in=newest, partition=0, state=StepState.SUCCEEDED)
    for name, started_at, ended_at in steps.values_list("step", "started_at", "ended_at"):
        if started_at and ended_at:
            took[name].append((ended_at - started_at).total_seconds())
    return {name: max(1, round(median(seconds))) for name, seconds in took.items()}
