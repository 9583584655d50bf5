"""The page of migrations that have to do with one, and the order between them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from migrations_app.selectors.related import related_page
from migrations_app.services import dependencies
from migrations_app.web.group_graph import group_graph
from migrations_app.web.numbers import identifier
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def related(request: PageRequest, migration_id: int) -> HttpResponse:
    page = related_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    return render(request, "migrations/related.html", {"page": page, "graph": group_graph(page.waves, page.edges)})


@require_POST
@login_required
def dependency_add(request: PageRequest, migration_id: int) -> HttpResponse:
    dependencies.add(
        actor=request.actor,
        now=timezone.now(),
        migration_id=migration_id,
        predecessor_id=identifier(request.POST.get("predecessor_id", "")) or 0,
    )
    return redirect("migration_related", migration_id)


@require_POST
@login_required
def dependency_remove(request: PageRequest, migration_id: int, predecessor_id: int) -> HttpResponse:
    dependencies.remove(
        actor=request.actor, now=timezone.now(), migration_id=migration_id, predecessor_id=predecessor_id
    )
    messages.info(request, "It waits for that one no longer.")
    return redirect("migration_related", migration_id)
