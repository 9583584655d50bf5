"""Template tags, built in for every template (`settings.TEMPLATES`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from migrations_app.engine.errors import Problem
from migrations_app.engine.vocabulary import RunState, StepState
from migrations_app.selectors.reviews import SignerRow
from migrations_app.selectors.runs import RunRow, StepProgress
from migrations_app.selectors.throughput import Throughput
from migrations_app.web import chart, wording
from migrations_app.web.chart import Chart
from migrations_app.web.declared import Control
from migrations_app.web.gantt import Gantt, draw
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.target_form import STORES

register = template.Library()

for _name in (
    "tone",
    "words",
    "sentence",
    "state_words",
    "thousands",
    "duration",
    "clock",
    "compact",
    "short_digest",
    "fact",
    "fact_name",
    "initials",
):
    register.filter(_name, getattr(wording, _name))

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
    StepState.FAILED: "bad",
    StepState.UNDO_FAILED: "bad",
}
MESSAGE_TONES = {"success": "good", "warning": "warn", "error": "bad", "info": "info", "debug": "info"}
MESSAGE_ICONS = {"success": "check-circle", "warning": "exclamation-triangle", "error": "exclamation-circle"}


@register.filter
def message_tone(tags: str) -> str:
    return MESSAGE_TONES.get(tags.split(" ")[-1], "info")


@register.filter
def message_icon(tags: str) -> str:
    return MESSAGE_ICONS.get(tags.split(" ")[-1], "information-circle")


@register.filter
def at(problems: ProblemsByField, field: str) -> tuple[Problem, ...]:
    """`{% for problem in problems|at:"title" %}`."""
    return problems.of(field)


@register.filter
def any_chosen(controls: Sequence[Control]) -> bool:
    return any(control.chosen for control in controls)


@register.filter
def under(problems: ProblemsByField, path: str) -> tuple[Problem, ...]:
    """Those of a field and of everything inside it."""
    return tuple(p for p in problems.all if p.field == path or p.field.startswith(f"{path}."))


@register.filter
def store_name(store: str) -> str:
    return dict(STORES).get(store, store)


@register.filter
def split(text: str) -> list[str]:
    return text.split(",")


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, name: str, value: str) -> str:
    """This page's address with one more filter, from its first slice on."""
    query = context["request"].GET.copy()
    query[name] = value
    query.pop("cursor", None)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def without_query(context: template.Context, name: str) -> str:
    query = context["request"].GET.copy()
    query.pop(name, None)
    query.pop("cursor", None)
    return f"?{query.urlencode()}"


@register.simple_tag
def operation_url(operation: str, object_id: int, noun: str = "migration") -> str:
    """The address of the form of a service's operation."""
    return reverse(f"{noun}_{operation}", args=[object_id])


@register.filter
def can_still_sign(signers: Sequence[SignerRow]) -> list[SignerRow]:
    return [signer for signer in signers if not signer.signed and not signer.why_not]


@register.filter
def in_groups(digest: str) -> list[str]:
    """Four characters each, so that people can compare them."""
    return [digest[i : i + 4] for i in range(0, len(digest), 4)]


@register.filter
def previous_of(numbers: Sequence[int], number: int) -> int:
    """The revision before `number`, or the same when there is none."""
    return max((n for n in numbers if n < number), default=number)


@register.filter
def absolute(number: int) -> int:
    return abs(number)


@register.filter
def rail_state(state: StepState) -> str:
    return RAIL_STATES.get(state, "")


@register.filter
def leading_step(steps: Sequence[StepProgress]) -> StepProgress | None:
    """The step whose counters say most: the one at work, else the one that moved most."""
    at_work = [step for step in steps if step.state in (StepState.RUNNING, StepState.WAITING, StepState.UNDOING)]
    moved = [step for step in steps if step.done]
    return at_work[0] if at_work else max(moved, key=lambda step: step.done, default=None)


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """`{{ page.refusals|get:"edit" }}`; '' when it is not there."""
    return mapping.get(key, "")


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """A moment relative to now, with the exact time on hover; `times.js` keeps it true."""
    if at is None:
        return SafeString("–")
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}" data-ago>{}</time>',
        at.isoformat(timespec="seconds"),
        exact(at),
        wording.relative(at, timezone.now()),
    )


@register.simple_tag
def when(at: datetime | None) -> SafeString:
    """A moment by date and time of day (UTC)."""
    if at is None:
        return SafeString("–")
    same_day = timezone.now().date() == at.date()
    text = f"{at:%H:%M}" if same_day else f"{at.day} {at:%b %H:%M}"
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), exact(at), text
    )


@register.filter
def exact(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def time_of_day(at: datetime) -> str:
    return f"{at:%H:%M}"


@register.filter
def to_the_millisecond(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"


@register.simple_tag
def rate_chart(throughput: Throughput) -> Chart:
    return chart.rate_chart(throughput)


@register.filter
def run_state(row: RunRow) -> RunState:
    """A run whose partitions are at work is running for people, although the run itself is parked."""
    with_partitions = row.state is RunState.PARKED and row.parked_because == "partitions"
    return RunState.RUNNING if with_partitions else row.state


@register.filter
def step_state(step: StepProgress) -> StepState:
    """The same for its step."""
    at_work = any(partition.state is StepState.RUNNING for partition in step.partitions)
    return StepState.RUNNING if step.state is StepState.WAITING and at_work else step.state


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
def way_back(steps: Sequence[StepProgress]) -> list[StepProgress]:
    """The steps that did something which can be, is being or was undone, newest first."""
    reached = [step for step in steps if step.state in REACHED]
    return [step for step in reversed(reached) if not step.undo_title.startswith("nothing") or not step.reversible]


@register.simple_tag
def gantt(run: RunRow, steps: Sequence[StepProgress]) -> Gantt:
    return draw(run, steps, now=timezone.now())
