"""The page of one migration, its revisions and its export."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from migrations_app.selectors.comparisons import compare_revisions, signs_next
from migrations_app.selectors.migrations import (
    migration_page,
    migration_row,
)
from migrations_app.services import documents
from migrations_app.web.rail import rail
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def migration(request: PageRequest, migration_id: int) -> HttpResponse:
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    return render(request, "migrations/migration.html", {"page": page, "rail": rail(page)})


@require_safe
@login_required
def migration_diff(request: PageRequest, migration_id: int, before: int, after: int) -> HttpResponse:
    found = compare_revisions(actor=request.actor, migration_id=migration_id, before=before, after=after)
    row = migration_row(actor=request.actor, migration_id=migration_id, now=timezone.now())
    signs = signs_next(actor=request.actor, migration_id=migration_id, number=after, now=timezone.now())
    return render(request, "migrations/diff.html", {"comparison": found, "row": row, "signs": signs})


@require_safe
@login_required
def migration_compare(request: PageRequest, migration_id: int) -> HttpResponse:
    """Where the choice of two revisions leads; what is no number is answered like a revision that is not there."""
    chosen = [request.GET.get(name, "") for name in ("before", "after")]
    before, after = (int(number) if number.isdecimal() and len(number) < 10 else 0 for number in chosen)
    return redirect("migration_diff", migration_id, before, after)


@require_safe
@login_required
def migration_export(request: PageRequest, migration_id: int) -> HttpResponse:
    row = migration_row(actor=request.actor, migration_id=migration_id, now=timezone.now())
    text = documents.export_yaml(actor=request.actor, migration_id=migration_id)
    name = slugify(row.title) or f"migration-{migration_id}"
    disposition = f'attachment; filename="{name}.yaml"'
    return HttpResponse(text, content_type="application/yaml", headers={"Content-Disposition": disposition})
