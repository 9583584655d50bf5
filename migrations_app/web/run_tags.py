"""Template tags of the run pages, built in for every template; the live fragments use them too."""

from collections.abc import Sequence

from django import template
from django.utils import timezone

from migrations_app.engine.vocabulary import RunState, StepState
from migrations_app.selectors.runs import RunRow, StepProgress
from migrations_app.selectors.throughput import Throughput
from migrations_app.web import chart, wording
from migrations_app.web.chart import Chart
from migrations_app.web.gantt import Gantt, draw

register = template.Library()

WAITS = {"confirmation": "waits for a person", "retry": "waits to try again", "paused": "paused"}
REACHED = (
    StepState.RUNNING,
    StepState.SUCCEEDED,
    StepState.FAILED,
    StepState.UNDOING,
    StepState.UNDONE,
    StepState.UNDO_FAILED,
)
RAIL_STATES = {
    StepState.SUCCEEDED: "done",
    StepState.RUNNING: "now",
    StepState.WAITING: "now",
    StepState.UNDOING: "now",
    StepState.UNDONE: "undone",
    StepState.FAILED: "bad",
    StepState.UNDO_FAILED: "bad",
}


@register.filter
def rail_state(state: StepState) -> str:
    return RAIL_STATES.get(state, "")


@register.filter
def leading_step(steps: Sequence[StepProgress]) -> StepProgress | None:
    """The step whose counters say most: the one at work, else the one that moved most."""
    at_work = [step for step in steps if step.state in (StepState.RUNNING, StepState.WAITING, StepState.UNDOING)]
    moved = [step for step in steps if step.done]
    return at_work[0] if at_work else max(moved, key=lambda step: step.done, default=None)


@register.simple_tag
def rate_chart(throughput: Throughput) -> Chart:
    return chart.rate_chart(throughput)


@register.filter
def run_state(row: RunRow) -> RunState:
    """A run whose partitions are at work is running for people, although the run itself is parked."""
    with_partitions = row.state == RunState.PARKED and row.parked_because == "partitions"
    return RunState.RUNNING if with_partitions else row.state


@register.filter
def step_state(step: StepProgress) -> StepState:
    """The same for its step."""
    at_work = any(partition.state == StepState.RUNNING for partition in step.partitions)
    return StepState.RUNNING if step.state == StepState.WAITING and at_work else step.state


@register.filter
def waits_for(reason: str) -> str:
    return WAITS.get(reason, wording.words(reason))


@register.filter
def took(step: StepProgress) -> str:
    """How long a step ran: to the tenth of a second when it is short."""
    if step.started_at is None:
        return ""
    if step.ended_at is None:
        return wording.clock(step.elapsed_seconds)
    return wording.short_time((step.ended_at - step.started_at).total_seconds())


@register.filter
def undone(steps: Sequence[StepProgress]) -> int:
    return sum(step.state == StepState.UNDONE for step in steps)


@register.filter
def reached(steps: Sequence[StepProgress]) -> int:
    return sum(step.state in REACHED for step in steps)


@register.filter
def way_back(steps: Sequence[StepProgress]) -> list[StepProgress]:
    """The steps that did something which can be, is being or was undone, newest first."""
    return [
        step
        for step in reversed([step for step in steps if step.state in REACHED])
        if not step.undo_title.startswith("nothing") or not step.reversible
    ]


@register.simple_tag
def gantt(run: RunRow, steps: Sequence[StepProgress]) -> Gantt:
    return draw(run, steps, now=timezone.now())
