"""Ticket, owner, watching and the archive, on the page of a migration."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.selectors.migrations import migration_page, possible_owners
from migrations_app.services import keeping
from migrations_app.services.errors import InvalidInput
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_describe(request: PageRequest, migration_id: int) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            keeping.describe(
                actor=request.actor,
                now=timezone.now(),
                migration_id=migration_id,
                ticket=request.POST.get("ticket", ""),
                owner=request.POST.get("owner", ""),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "Saved. No signature depends on it.")
            return redirect("migration", migration_id)
    context = {
        "page": migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now()),
        "owners": possible_owners(actor=request.actor, migration_id=migration_id),
        "problems": problems,
        "ticket": request.POST.get("ticket"),
    }
    return render(request, "migrations/keeping.html", context, status=422 if problems else 200)


@require_POST
@login_required
def migration_watch(request: PageRequest, migration_id: int) -> HttpResponse:
    keeping.watch(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    messages.success(request, "You hear of what happens to it, in your inbox.")
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_unwatch(request: PageRequest, migration_id: int) -> HttpResponse:
    keeping.unwatch(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    messages.success(request, "You hear no more of it.")
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_archive(request: PageRequest, migration_id: int) -> HttpResponse:
    keeping.archive(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    can_be_undone(request, "Archived: lists leave it out.", undo=reverse("migration_restore", args=[migration_id]))
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_restore(request: PageRequest, migration_id: int) -> HttpResponse:
    keeping.restore(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    messages.success(request, "It is in the lists again.")
    return redirect("migration", migration_id)
