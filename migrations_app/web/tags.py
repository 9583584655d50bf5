"""Template tags, built in for every template (`settings.TEMPLATES`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from migrations_app.selectors.runs import RunRow, StepProgress
from migrations_app.web import wording
from migrations_app.web.gantt import Gantt, draw

register = template.Library()

for _name in (
    "tone",
    "words",
    "state_words",
    "thousands",
    "duration",
    "clock",
    "compact",
    "short_digest",
    "initials",
):
    register.filter(_name, getattr(wording, _name))

MESSAGE_TONES = {"success": "good", "warning": "warn", "error": "bad", "info": "info", "debug": "info"}
MESSAGE_ICONS = {"success": "check-circle", "warning": "exclamation-triangle", "error": "exclamation-circle"}


@register.filter
def message_tone(tags: str) -> str:
    return MESSAGE_TONES.get(tags.split(" ")[-1], "info")


@register.filter
def message_icon(tags: str) -> str:
    return MESSAGE_ICONS.get(tags.split(" ")[-1], "information-circle")


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
def to_the_millisecond(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"


@register.simple_tag
def gantt(run: RunRow, steps: Sequence[StepProgress]) -> Gantt:
    return draw(run, steps, now=timezone.now())
