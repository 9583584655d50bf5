"""Ticket, owner, watching and the archive, on the page of a migration."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.selectors.migrations import MigrationPage, PossibleOwners, migration_page, possible_owners
from migrations_app.services import keeping
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.edited_meanwhile import EditedForm, chosen, seen_in, sent_as, status_of, typed, unsaved
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_describe(request: PageRequest, migration_id: int) -> HttpResponse:
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    problems, meanwhile = ProblemsByField(), None
    owners = possible_owners(actor=request.actor, migration_id=migration_id)
    if request.method == "POST":
        try:
            keeping.describe(
                actor=request.actor,
                now=timezone.now(),
                migration_id=migration_id,
                ticket=request.POST.get("ticket", ""),
                owner=request.POST.get("owner", ""),
                seen=seen_in(request.POST),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
            owners = possible_owners(actor=request.actor, migration_id=migration_id)
            meanwhile = unsaved(_edited(page, owners), request)
        if not problems and not meanwhile:
            messages.success(request, "Saved. No signature depends on it.")
            return redirect("migration", migration_id)
    edited = _edited(page, owners)
    context = {
        "page": page,
        "owners": owners.offered.items(),
        "problems": problems,
        "values": meanwhile.values if meanwhile else request.POST or edited.stored,
        "edited": edited,
        "meanwhile": meanwhile,
    }
    return render(request, "migrations/keeping.html", context, status=status_of(meanwhile, problems))


def _edited(page: MigrationPage, owners: PossibleOwners) -> EditedForm:
    """Nobody named is sent as nobody: a form that names its author would name them when a ticket is saved."""
    kept = page.keeping
    fields = (typed("ticket", "Ticket"), chosen("owner", "Owner", owners.offered, nothing=page.row.created_by))
    stored = sent_as({"ticket": kept.ticket, "owner": owners.named})
    return EditedForm("migration", page.row.id, ("migration.describe",), kept.version, fields, stored)


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
