"""The reader's own account: roles, and API tokens, which are shown once. Passwords and factors are allauth's pages."""

import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from migrations_app.selectors.migration_types import migration_types
from migrations_app.selectors.tokens import TokenRow, list_tokens, token_row
from migrations_app.services import tokens
from migrations_app.services.errors import Conflict, InvalidInput, StaleEdit
from migrations_app.services.permissions import Scope
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.edited_meanwhile import EditedForm, seen_in, sent_as, status_of, typed, unsaved
from migrations_app.web.local_times import utc_time
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest

SCOPES = {
    Scope.READ: "See everything that you may see.",
    Scope.OPERATE: "Write, plan, start, pause and roll back where you are an operator. It never signs.",
    Scope.ADMIN: "Manage environments and targets where you are an admin.",
    Scope.CALENDAR: "Fetch the calendar feed of an environment, and nothing else. It may stand in the feed's address.",
    Scope.ROUTE: "Read where sessions are served from. For the services that use those sessions.",
}
LIFETIMES = (30, 90, 365)  # days


@require_safe
@login_required
def settings(request: PageRequest) -> HttpResponse:
    return render(request, "settings/account.html", {"known": migration_types(actor=request.actor)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_tokens(request: PageRequest) -> HttpResponse:
    made, problems, now = None, ProblemsByField(), timezone.now()
    if request.method == "POST":
        days = identifier(request.POST.get("days"))
        try:
            made = tokens.create(
                actor=request.actor,
                now=now,
                name=request.POST.get("name", ""),
                scopes=request.POST.getlist("scopes"),
                expires_at=now + datetime.timedelta(days=days) if days in LIFETIMES else None,
                networks=request.POST.get("networks", "").replace(",", " ").split(),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
    context = {
        "tokens": list_tokens(actor=request.actor),
        "made": made,
        "problems": problems,
        "scopes": SCOPES.items(),
        "chosen": request.POST.getlist("scopes") if problems else [Scope.READ],
        "lifetimes": LIFETIMES,
        "values": request.POST if problems else {},
    }
    return render(request, "settings/tokens.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_token(request: PageRequest, token_id: int) -> HttpResponse:
    row = token_row(actor=request.actor, token_id=token_id)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        try:
            wish = _narrowed(request.POST, row)
            tokens.edit(actor=request.actor, now=timezone.now(), token_id=token_id, seen=seen_in(request.POST), **wish)
        except (InvalidInput, Conflict) as refused:
            problems = ProblemsByField(problems_of(refused))
        except StaleEdit:
            row = token_row(actor=request.actor, token_id=token_id)
            meanwhile = unsaved(_edited(row), request)
        if not problems and not meanwhile:
            messages.success(request, "Saved. Programs that use it go on with the same token.")
            return redirect("settings_tokens")
    edited = _edited(row)
    values = meanwhile.values if meanwhile else request.POST if problems else edited.stored
    context = {"row": row, "values": values, "problems": problems, "edited": edited, "meanwhile": meanwhile}
    return render(request, "settings/token.html", context, status=status_of(meanwhile, problems))


def _narrowed(posted: QueryDict, row: TokenRow) -> dict[str, Any]:
    """An end that was left alone stays to the second; what is no time stays text, which the service refuses."""
    until, stored = posted.get("expires_at", ""), _stored(row)
    return {
        "name": posted.get("name", ""),
        "expires_at": None if until == stored["expires_at"] else utc_time(until) or until,
        "networks": posted.get("networks", "").replace(",", " ").split(),
    }


def _stored(row: TokenRow) -> dict[str, str]:
    until = row.expires_at.astimezone(datetime.UTC) if row.expires_at else None
    return {
        "name": row.name,
        "expires_at": f"{until:%Y-%m-%dT%H:%M}" if until else "",
        "networks": " ".join(row.networks),
    }


def _edited(row: TokenRow) -> EditedForm:
    facts = {"Revoked": "yes" if row.revoked_at else "no"}
    return EditedForm("token", row.id, ("token.edit",), row.version, FIELDS, sent_as(_stored(row)), facts)


FIELDS = (typed("name", "Name"), typed("expires_at", "Ends, in UTC"), typed("networks", "May come from"))


@require_http_methods(METHODS)
@login_required
def settings_token_revoke(request: PageRequest, token_id: int) -> HttpResponse:
    if asked := unconfirmed(request, partial(questions.revoke_token, actor=request.actor, token_id=token_id)):
        return asked
    tokens.revoke(actor=request.actor, now=timezone.now(), token_id=token_id)
    messages.success(request, "Revoked: the token no longer works.")
    return sent_to(request, "settings_tokens")
