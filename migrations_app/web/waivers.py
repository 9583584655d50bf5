"""Waiving a finding of the risk and withdrawing that, from a migration's page."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from migrations_app.engine.risk.waivers import LONGEST
from migrations_app.selectors.migrations import MigrationPage, migration_page
from migrations_app.selectors.risk import RiskView, WeighedFinding, without
from migrations_app.services import waivers
from migrations_app.services.errors import InvalidInput, StepUpRequired
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

SHOWN = ("reason", "until")


@require_http_methods(METHODS)
@login_required
def waiver_new(request: PageRequest, migration_id: int) -> HttpResponse:
    """Raises ReauthenticationRequired, which allauth answers: it keeps what was posted and resumes it afterwards."""
    now = timezone.now()
    page = migration_page(actor=request.actor, migration_id=migration_id, now=now)
    if page.waiving.needs_step_up:
        raise ReauthenticationRequired
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            return _waive(request, migration_id, now)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StepUpRequired:
            raise ReauthenticationRequired from None
    context = _about(page, request.GET.get("rule", "")) | {
        "signed": any(each.current and each.person_id == request.actor.person_id for each in page.review.signatures),
        "problems": problems,
        "elsewhere": problems.elsewhere(SHOWN),
        "posted": request.POST,
        "most_days": LONGEST.days,
    }
    return render(request, "migrations/waive.html", context, status=422 if problems else 200)


@require_http_methods(METHODS)
@login_required
def waiver_withdraw(request: PageRequest, migration_id: int, waiver_id: int) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    ask = partial(questions.withdraw_waiver, actor=actor, now=now, migration_id=migration_id, waiver_id=waiver_id)
    if asked := unconfirmed(request, ask):
        return asked
    waivers.withdraw(actor=actor, now=now, migration_id=migration_id, waiver_id=waiver_id)
    messages.info(request, "Withdrawn: the finding counts again.")
    return sent_to(request, "migration", migration_id)


def _waive(request: PageRequest, migration_id: int, now: datetime) -> HttpResponse:
    days = request.POST.get("days", "").strip()
    until = now + timedelta(days=int(days)) if days.isdecimal() and len(days) < 4 else None
    given = {name: request.POST.get(name, "") for name in ("digest", "rule", "reason")}
    waivers.waive(actor=request.actor, now=now, migration_id=migration_id, until=until, **given)
    messages.success(request, f"Waived for {days} day{'s' if days != '1' else ''}; the finding stays visible.")
    return redirect("migration", migration_id)


def _about(page: MigrationPage, rule: str) -> dict[str, object]:
    """What would be waived and what that would come to; `why_not` where it cannot be."""
    finding = _finding(page.risk, rule)
    why_not = page.waiving.why_not
    if not why_not and (finding is None or page.risk is None):
        why_not = "there is no such finding that adds to the risk, or it is waived already"
    after = without(page.risk, rule) if page.risk and not why_not else None
    return {"page": page, "finding": finding, "after": after, "why_not": why_not}


def _finding(risk: RiskView | None, rule: str) -> WeighedFinding | None:
    """With the weight of all findings of that rule."""
    found = [each for each in risk.findings if each.rule == rule and each.weight > 0 and each.counts] if risk else []
    return replace(found[0], weight=sum(each.weight for each in found)) if found else None
