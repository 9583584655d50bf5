"""The reader's own account: roles, and API tokens, which are shown once. Passwords and factors are allauth's pages."""

import datetime
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from migrations_app.selectors.migration_types import migration_types
from migrations_app.selectors.tokens import list_tokens
from migrations_app.services import tokens
from migrations_app.services.errors import InvalidInput
from migrations_app.services.permissions import Scope
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
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


@require_http_methods(METHODS)
@login_required
def settings_token_revoke(request: PageRequest, token_id: int) -> HttpResponse:
    if asked := unconfirmed(request, partial(questions.revoke_token, actor=request.actor, token_id=token_id)):
        return asked
    tokens.revoke(actor=request.actor, now=timezone.now(), token_id=token_id)
    messages.success(request, "Revoked: the token no longer works.")
    return sent_to(request, "settings_tokens")
