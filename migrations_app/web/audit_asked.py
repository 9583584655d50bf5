"""What an address of the audit page asks for. The address is the page's state; empty members are left out of it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from migrations_app.selectors.audit_filters import AuditFilters

TEXTS = (
    "q", "topic", "outcome", "environment", "actor", "on_behalf_of", "action", "object_type", "object_id", "token",
    "address", "request_id",
)  # fmt: skip
LABELS: Mapping[str, str] = {
    "q": "text", "topic": "topic", "outcome": "outcome", "environment": "environment", "actor": "who",
    "on_behalf_of": "on behalf of", "action": "action", "object_type": "kind of object", "object_id": "object",
    "token": "token", "address": "address", "request_id": "request", "within": "within", "since": "from", "until": "to",
}  # fmt: skip
WITHIN: Mapping[str, tuple[str, datetime.timedelta]] = {
    "1h": ("the last hour", datetime.timedelta(hours=1)),
    "1d": ("the last day", datetime.timedelta(days=1)),
    "7d": ("the last 7 days", datetime.timedelta(days=7)),
    "30d": ("the last 30 days", datetime.timedelta(days=30)),
}
_MOST = 100  # characters
_STEP = datetime.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One filter that is in force, and the address without it."""

    name: str
    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class AskedTrail:
    """`values` are the members of the address that mean something, as they were given."""

    values: Mapping[str, str]
    filters: AuditFilters

    @property
    def query(self) -> str:
        """The canonical query string: saved views are compared by it."""
        return urlencode(self.values)

    def url(self, **changes: str) -> str:
        """The page's address with something else asked for; '' takes a filter away. A `cursor` is for once."""
        values: dict[str, str] = dict(parse_qsl(self.query)) | changes
        return f"{reverse('audit')}?{urlencode({name: value for name, value in values.items() if value})}"

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(
            Chosen(name, LABELS[name], WITHIN[value][0] if name == "within" else value, self.url(**{name: ""}))
            for name, value in self.values.items()
        )

    @property
    def beyond(self) -> tuple[Chosen, ...]:
        """Those that the first line of the form does not show."""
        return tuple(one for one in self.chosen if one.name not in ("q", "outcome", "within"))


def asked_for(query: QueryDict, now: datetime.datetime) -> AskedTrail:
    """`within` counts back from `now`, to the quarter of an hour, so that one address is one filter for a while."""
    values = {name: text for name in TEXTS if (text := query.get(name, "").strip()[:_MOST])}
    given: dict[str, Any] = {name: values[name] for name in TEXTS if name in values}
    if (within := query.get("within", "")) in WITHIN:
        values["within"] = within
        since_hour = datetime.timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
        given["since"] = now - since_hour % _STEP - WITHIN[within][1]
    else:
        for name, days in (("since", 0), ("until", 1)):
            text = query.get(name, "").strip()
            if (at := _moment(text, days=days)) is not None:
                values[name], given[name] = text, at
    return AskedTrail(values, AuditFilters(**given))


def _moment(text: str, *, days: int) -> datetime.datetime | None:
    """A day (UTC) as its beginning, and `days` later; a moment as it is. None for anything else."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return _instant(text)
    begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    try:
        return begin + datetime.timedelta(days=days)
    except OverflowError:
        return begin


def _instant(text: str) -> datetime.datetime | None:
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
