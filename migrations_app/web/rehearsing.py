"""Starting a rehearsal: what it does and leaves open is read first; a protected environment asks for consent."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from migrations_app.engine.errors import Problem
from migrations_app.selectors.migrations import migration_page
from migrations_app.services import runs
from migrations_app.services.errors import Conflict
from migrations_app.web.drift import drift_shown
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

CONSENT_MISSING = "consent_missing"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_rehearse(request: PageRequest, migration_id: int) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            return redirect("run", _start(request, migration_id))
        except Conflict as refused:
            if refused.reason != CONSENT_MISSING:
                return drift_shown(request, migration_id, refused)
            problem = Problem("consent", "Without your consent nothing was started.", "Tick it, or leave it.")
            problems = ProblemsByField([problem])
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    context = {"page": page, "problems": problems, "why_not": page.refusals.get("rehearse", "")}
    return render(request, "migrations/rehearse.html", context, status=422 if problems else 200)


def _start(request: PageRequest, migration_id: int) -> int:
    return runs.rehearse_migration(
        actor=request.actor,
        now=timezone.now(),
        migration_id=migration_id,
        digest=request.POST.get("digest", ""),
        consent=request.POST.get("consent") == "on",
    )
