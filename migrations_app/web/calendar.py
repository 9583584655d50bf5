"""The calendar, and the feed of it that calendar programs fetch."""

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.selectors.attendance import attention
from migrations_app.selectors.calendar import feed_of, month_of
from migrations_app.selectors.freezes import list_freezes
from migrations_app.selectors.windows import list_windows
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.services.permissions import Scope
from migrations_app.web import ical
from migrations_app.web.requests import PageRequest

_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


@require_safe
@login_required
def calendar(request: PageRequest) -> HttpResponse:
    """`?month=2027-01&environment=staging`; a month that is none is this one."""
    now = timezone.now()
    asked = _MONTH.fullmatch(request.GET.get("month", ""))
    year, month = (int(asked[1]), int(asked[2])) if asked and int(asked[1]) < 2100 else (now.year, now.month)
    environment = request.GET.get("environment", "")
    context = {
        "month": month_of(actor=request.actor, now=now, year=year, month=month, environment=environment),
        "environment": environment,
        "windows": list_windows(actor=request.actor, now=now, environment=environment),
        "freezes": list_freezes(actor=request.actor, now=now, environment=environment),
        "attention": attention(now=now),
    }
    return render(request, "calendar/calendar.html", context)


@require_safe
def calendar_feed(request: PageRequest, environment_id: int) -> HttpResponse:
    """For whoever is logged in, for a bearer token, and for calendar programs, which can only be given an address."""
    try:
        actor = _reader(request)
    except PermissionDenied as refused:
        return HttpResponse(f"{refused.message} {refused.fix}\n", status=401, content_type="text/plain; charset=utf-8")
    now = timezone.now()
    name, entries = feed_of(actor=actor, environment_id=environment_id, now=now)
    text = ical.calendar(name, entries, now=now, origin=request.build_absolute_uri("/").rstrip("/"))
    return HttpResponse(
        text,
        content_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, max-age=300", "Content-Disposition": f'inline; filename="{name}.ics"'},
    )


def _reader(request: PageRequest) -> Actor:
    """A token in the address may do nothing but this: addresses are written to logs. Raises PermissionDenied."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    in_address = request.GET.get("token", "")
    if not in_address and scheme.lower() != "bearer":
        return request.actor
    address = request.META.get("REMOTE_ADDR") or ""
    actor = tokens.authenticate(
        clear=in_address or bearer.strip(), now=timezone.now(), address=address, request_id=request.request_id
    )
    if in_address and actor.scopes != frozenset({Scope.CALENDAR.value}):
        raise PermissionDenied(
            "A token in an address may have the scope “calendar” only.", "Make one under Settings, API tokens."
        )
    return actor
