"""Promoting a migration to a later environment, and its runs across environments side by side."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from migrations_app.selectors.migrations import migration_row
from migrations_app.selectors.promotions import PromotionProposal, promotion_proposal
from migrations_app.selectors.run_comparisons import MOST_COLUMNS, compare_runs
from migrations_app.services import promoting
from migrations_app.services.errors import InvalidInput, TargetUnavailable
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_promote(request: PageRequest, migration_id: int) -> HttpResponse:
    asked = identifier(request.POST.get("environment") or request.GET.get("environment"))
    proposal = promotion_proposal(actor=request.actor, migration_id=migration_id, environment_id=asked)
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            return _promoted(request, proposal, asked)
        except (InvalidInput, TargetUnavailable) as refused:
            problems = ProblemsByField(problems_of(refused))
    row = migration_row(actor=request.actor, migration_id=migration_id, now=timezone.now())
    shown = {"title", *(f"targets.{r.role}" for r in proposal.roles)}
    shown |= {f"parameters.{p.name}" for p in proposal.place_parameters}
    context = {
        "row": row,
        "proposal": proposal,
        "problems": problems,
        "elsewhere": problems.elsewhere(shown),
        "values": _values(request, proposal),
    }
    return render(request, "migrations/promote.html", context, status=422 if problems else 200)


def _promoted(request: PageRequest, proposal: PromotionProposal, environment_id: int | None) -> HttpResponse:
    values = _values(request, proposal)
    chosen = {role.role: identifier(values[f"targets.{role.role}"]) for role in proposal.roles}
    given = {p.name: values[f"parameters.{p.name}"] for p in proposal.place_parameters}
    made = promoting.promote(
        actor=request.actor,
        now=timezone.now(),
        migration_id=proposal.migration_id,
        environment_id=environment_id,
        targets={role: target_id for role, target_id in chosen.items() if target_id is not None},
        parameters={p.name: given[p.name] for p in proposal.place_parameters if given[p.name] != p.value},
        title=values["title"],
    )
    messages.success(request, f"Promoted, and revision {made.revision} is planned: review it like any other plan.")
    return redirect("migration", made.migration_id)


def _values(request: PageRequest, proposal: PromotionProposal) -> dict[str, str]:
    """By the names of the inputs: what was sent, else what is suggested."""
    suggested = {"title": proposal.title}
    suggested |= {f"targets.{role.role}": str(role.suggested or "") for role in proposal.roles}
    suggested |= {f"parameters.{p.name}": p.value for p in proposal.place_parameters}
    return {name: request.POST.get(name, value) for name, value in suggested.items()}


@require_safe
@login_required
def migration_across(request: PageRequest, migration_id: int) -> HttpResponse:
    """`?run=12&run=15`: which runs; those that are none of the choices are passed over."""
    runs = [number for text in request.GET.getlist("run")[:50] if (number := identifier(text)) is not None]
    now = timezone.now()
    comparison = compare_runs(actor=request.actor, migration_id=migration_id, now=now, runs=runs)
    row = migration_row(actor=request.actor, migration_id=migration_id, now=now)
    return render(request, "migrations/across.html", {"comparison": comparison, "row": row, "most": MOST_COLUMNS})
