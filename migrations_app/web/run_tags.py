"""Template tags of the run pages, built in for every template; the live fragments use them too."""

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from migrations_app.engine.rehearsal import NOT_REHEARSED
from migrations_app.engine.vocabulary import RoutePhase, RunState, StepState
from migrations_app.selectors import ansi as ansi_text
from migrations_app.selectors.impact import RunImpact, TargetImpact
from migrations_app.selectors.route_live import RouteLive
from migrations_app.selectors.run_actions import RunAction
from migrations_app.selectors.run_charts import RunCharts
from migrations_app.selectors.runs import RunPage, RunRow, StepProgress
from migrations_app.selectors.state_words import step_words
from migrations_app.web import chart, log_text, wording
from migrations_app.web.authority import Cells, cells
from migrations_app.web.chart import Chart
from migrations_app.web.gantt import Gantt, draw
from migrations_app.web.phase_rail import LABELS, PhaseMark, phase_rail
from migrations_app.web.sparkline import ImpactLine, impact_lines, untold

register = template.Library()
register.filter("plain", ansi_text.plain)

STATES = {"soak": "soaking", "held": "held"}  # what a parked run is, for people
MILLISECOND_US = 1000
REACHED = (
    StepState.RUNNING,
    StepState.SUCCEEDED,
    StepState.FAILED,
    StepState.UNDOING,
    StepState.UNDONE,
    StepState.UNDO_FAILED,
)
EFFECTS = {
    "cut_over": "Releases the hand-over; it goes on as soon as every gate is open.",
    "postpone": "Nothing more is handed over until somebody releases it. What was handed over stays.",
    "pause": "Stops at the next checkpoint and keeps what was done.",
    "resume": "Goes on from the last checkpoint.",
    "retry": "Tries again from where it stopped.",
}
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
def charts_drawn(charts: RunCharts) -> tuple[Chart, ...]:
    return chart.charts_of(charts)


@register.simple_tag
def impact_drawn(impact: RunImpact, target: TargetImpact) -> tuple[ImpactLine, ...]:
    return impact_lines(impact, target.metrics)


@register.filter
def not_told(target: TargetImpact) -> tuple[str, ...]:
    return untold(target.metrics)


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
def run_words(row: RunRow) -> str:
    """The state in a word or two; a parked run says what it is parked for where that is no wait for others."""
    parked = STATES.get(row.parked_because, "") if row.state == RunState.PARKED else ""
    return parked or wording.words(run_state(row))


@register.filter
def phase_words(phase: RoutePhase) -> str:
    return "Handing back" if phase is RoutePhase.HANDOFF_BACK else LABELS[phase]


@register.filter
def seconds_left(at: datetime) -> int:
    return max(0, round((at - timezone.now()).total_seconds()))


@register.filter
def milliseconds(microseconds: int) -> str:
    """`210` µs -> `0.21 ms`, `138400` -> `138 ms`."""
    number = microseconds / MILLISECOND_US
    return f"{number:.2f} ms" if number < 10 else f"{round(number):,} ms"


@register.simple_tag
def authority_cells(route: RouteLive) -> tuple[Cells, ...]:
    return cells(route)


@register.simple_tag
def phase_marks(route: RouteLive) -> tuple[PhaseMark, ...]:
    return phase_rail(route)


@register.filter
def took(step: StepProgress) -> str:
    """How long a step ran: to the tenth of a second when it is short."""
    if step.started_at is None:
        return ""
    if step.ended_at is None:
        return wording.clock(step.elapsed_seconds)
    return wording.short_time((step.ended_at - step.started_at).total_seconds())


@register.filter
def run_took(row: RunRow) -> str:
    """How long a run took; to the tenth of a second when it has ended soon."""
    if row.started_at is None:
        return "–"
    if row.ended_at is None:
        return wording.clock(row.elapsed_seconds)
    return wording.short_time((row.ended_at - row.started_at).total_seconds())


@register.filter
def is_undone(state: RunState) -> bool:
    """It ended, and nothing of what it did is left."""
    return state == RunState.ROLLED_BACK


@register.filter
def advice(page: RunPage) -> list[str]:
    """What the error says to do, without what has already happened: who reads of a rollback must not look for one."""
    told: list[str] = [] if page.error is None else list(page.error.get("recovery_actions", ()))
    return [line for line in told if not (is_undone(page.row.state) and "roll" in line.lower())]


@register.filter
def shown_state(step: StepProgress, page: RunPage) -> str:
    """The state of a step in a word or two; what waits for nothing any more was never reached, or not finished."""
    over = page.row.is_final or page.direction == "undo"
    return step_words(
        step.state if over else step_state(step),
        kind=page.row.kind,
        over=over,
        left_out=NOT_REHEARSED in dict(step.result),
    )


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


@register.filter
def point_of_no_return(steps: Sequence[StepProgress]) -> StepProgress | None:
    """The first step that cannot be undone."""
    return next((step for step in steps if not step.reversible), None)


@register.filter
def ansi(text: str) -> SafeString:
    """A line of a log: its colours as classes, everything else escaped."""
    return log_text.coloured(text)


@register.filter
def newest(warnings: Sequence[str]) -> Sequence[str]:
    """As many as a page can say without hiding what it is about."""
    return warnings[-3:]


@register.filter
def has_next(actions: Sequence[RunAction]) -> bool:
    """Whether one of the buttons is the thing to do next."""
    return any(action.is_next for action in actions)


@register.filter
def effect(action: RunAction) -> str:
    """What a button does that is not read back first; '' for the others, whose question says it."""
    return EFFECTS.get(action.operation, "")


@register.filter
def closed(actions: Sequence[RunAction], operation: str) -> bool:
    """It is offered and cannot be done now."""
    return any(action.operation == operation and not action.enabled for action in actions)


@register.filter
def marked(text: str, words: str) -> SafeString:
    """A line that was found, without its colours and with what was looked for marked."""
    return log_text.marked(text, words)


@register.filter
def marked_words(text: str, query: str) -> SafeString:
    """What a search found, with each of its words marked."""
    return log_text.marked_words(text, query)


@register.simple_tag
def gantt(run: RunRow, steps: Sequence[StepProgress]) -> Gantt:
    return draw(run, steps, now=timezone.now())
