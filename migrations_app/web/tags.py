"""Template tags, built in for every template (`settings.TEMPLATES`)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from migrations_app.engine.errors import Problem
from migrations_app.selectors.reviews import SignerRow
from migrations_app.services import single_sign_on
from migrations_app.web import account_words, local_times, wording
from migrations_app.web.declared import Control
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.target_form import SHOWN
from migrations_app.web.toasts import Sorted, Told, sort, told

register = template.Library()
Asks = dict[str, str]

for _name in (
    "tone",
    "words",
    "sentence",
    "state_words",
    "review_words",
    "came_to_an_end",
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


register.filter("rule_said", local_times.said)
register.filter("role_meaning", account_words.role_meaning)
register.filter("factors_said", account_words.factors_said)


@register.simple_tag
def sorted_messages(messages: Iterable[Message]) -> Sorted:
    return sort(messages)


@register.simple_tag
def sign_on_name() -> str:
    """What the provider of the single sign-on is called; '' where there is none."""
    return single_sign_on.name()


@register.filter
def as_told(message: Message) -> Told:
    return told(message)


@register.simple_tag
def module_url(name: str) -> str:
    """The address of one of our scripts."""
    return static(f"snakeweb/{name}.js")


@register.filter
def at(problems: ProblemsByField, field: str) -> tuple[Problem, ...]:
    """`{% for problem in problems|at:"title" %}`."""
    return problems.of(field)


@register.filter
def any_chosen(controls: Sequence[Control]) -> bool:
    return any(control.chosen for control in controls)


@register.filter
def any_set(controls: Sequence[Control], names: Collection[str]) -> bool:
    """Whether one of those named is not at its default, or wants attention."""
    return any(control.chosen for control in controls if control.field.name in names)


@register.filter
def under(problems: ProblemsByField, path: str) -> tuple[Problem, ...]:
    """Those of a field and of everything inside it."""
    return tuple(p for p in problems.all if p.field == path or p.field.startswith(f"{path}."))


@register.filter
def store_name(store: str) -> str:
    return SHOWN.get(store, store)


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


@register.inclusion_tag("partials/ask.html")
def ask(operation: str, object_id: int, *, label: str, noun: str = "migration", css: str = "", icon: str = "") -> Asks:
    """A button for something dangerous: `{% ask "cancel" run.id noun="run" label="Cancel" css="danger" %}`.

    It opens what `web/confirming.py` reads back. `css` goes beside `button`; with an `icon` it is an item of a menu.
    """
    return {"url": operation_url(operation, object_id, noun), "label": label, "css": css, "icon": icon}


@register.filter
def can_still_sign(signers: Sequence[SignerRow]) -> list[SignerRow]:
    """Whose signature would fill an open place."""
    return [signer for signer in signers if signer.fits and not signer.why_not]


@register.filter
def never_sign(signers: Sequence[SignerRow]) -> list[SignerRow]:
    """Whose signature would not count, each with why."""
    return [signer for signer in signers if signer.why_not]


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
def get(mapping: dict[str, Any], key: str) -> Any:
    """`{{ page.refusals|get:"edit" }}`; '' when it is not there."""
    return mapping.get(key, "")


@register.filter
def item_before(items: Sequence[Any], place: int) -> Any:
    """The one before the `place`th (from 0); None for the first."""
    return items[place - 1] if place else None


@register.filter
def field(thing: object, name: str) -> Any:
    """`{{ filters|field:"status" }}`: one of a dataclass by a name that the template has in a variable."""
    return getattr(thing, name)


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """A moment relative to now, with the exact time on hover; `keys.js` keeps it true."""
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
