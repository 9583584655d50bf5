"""A request as the pages see it: who asks, under which id."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from migrations_app.models import Person
from migrations_app.selectors.sessions import Factor, attested, factor_of
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import Refused


class PageRequest(HttpRequest):
    """What the middleware adds. `actor` is made when it is first asked for."""

    actor: Actor
    request_id: str
    htmx: HtmxDetails


def refused_with(request: HttpRequest, refused: Refused) -> None:
    """Keep why the request was refused, for whoever writes that down (`web/denied.py`)."""
    request._refused = refused  # type: ignore[attr-defined]


def refusal_of(request: HttpRequest) -> Refused | None:
    return getattr(request, "_refused", None)


def onwards(request: HttpRequest, wanted: str, otherwise: str) -> str:
    """Where somebody wanted to go on, if that is an address of ours, from its first slash on; `otherwise` if not."""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else otherwise


def actor_of(request: HttpRequest) -> Actor:
    """The person of this browser session. A password or a second factor, at login or since, counts as proof.

    A sign-in by the provider does not: it may have known the browser for hours. Only what it asked for again does.
    """
    person = request.user
    if not isinstance(person, Person) or not person.is_authenticated:
        return ANONYMOUS
    records = get_authentication_records(request, person)  # the newest last, wherever the clock was set meanwhile
    shown = [record for record in records if _shows_presence(record)]
    return Actor(
        person_id=person.pk,
        username=person.username,
        address=request.META.get("REMOTE_ADDR") or "",
        request_id=getattr(request, "request_id", ""),
        reauthenticated_at=_last(shown),
        shown_by=factor_of(shown[-1]) if shown else "",
        second_factor_at=_last([record for record in records if record["method"] == "mfa"]),
        attested=attested(request, person),
    )


def _shows_presence(record: Mapping[str, Any]) -> bool:
    return record["method"] != Factor.SINGLE_SIGN_ON or bool(record.get("reauthenticated"))


def _last(records: Sequence[Mapping[str, Any]]) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(records[-1]["at"], datetime.UTC) if records else None
