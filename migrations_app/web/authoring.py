"""Writing a migration: where one begins, its form, and a YAML document."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from migrations_app.selectors.authoring import template_choices
from migrations_app.selectors.migrations import MigrationFilters, MigrationPage, list_migrations, migration_page
from migrations_app.selectors.sketches import my_sketch, my_sketches, written_before
from migrations_app.services import migrations, planning, sketches
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import Conflict, InvalidInput, TargetUnavailable
from migrations_app.web.draft_form import ShownForm, draft_in, offered_for, shown_form, values_in, values_of
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest
from migrations_app.web.sketch_state import Said, SketchState

MOST_TO_CLONE = 8


@never_cache  # what was kept meanwhile has to be in the list
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_new(request: PageRequest) -> HttpResponse:
    """Where to begin. A form that was not begun here may be sent here as well, and makes a migration."""
    if request.method == "POST":
        return _made_at_once(request)
    query = request.GET.get("q", "").strip()
    context = {
        "templates": template_choices(),
        "sketches": my_sketches(actor=request.actor),
        "query": query,
        "listing": list_migrations(
            actor=request.actor, now=timezone.now(), filters=MigrationFilters(q=query), limit=MOST_TO_CLONE
        ),
    }
    return render(request, "migrations/new.html#to-clone" if request.htmx else "migrations/new.html", context)


def _made_at_once(request: PageRequest) -> HttpResponse:
    values = values_in(request.POST)
    form = offered_for(request.actor, values)
    try:
        made = migrations.create(actor=request.actor, now=timezone.now(), draft=draft_in(form, values))
    except InvalidInput as refused:
        shown = shown_form(request.actor, form, values, ProblemsByField(refused.problems))
        return form_page(request, shown)
    return planned_or_form(request, made)


def planned_or_form(request: PageRequest, migration_id: int) -> HttpResponse:
    """Plan what was just saved where that was asked for; a draft that cannot be planned shows why at its fields."""
    if "plan" not in request.POST:
        messages.success(request, "Saved as a draft; plan it when you are ready.")
        return redirect("migration", migration_id)
    try:
        planned = planning.plan(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    except (InvalidInput, TargetUnavailable, Conflict) as refused:
        messages.warning(request, "Your draft is saved, but it cannot be planned yet.")
        return _unplanned(request, migration_id, ProblemsByField(problems_of(refused)))
    messages.success(request, f"Saved, and revision {planned.revision} is planned.")
    return redirect("migration", migration_id)


def _unplanned(request: PageRequest, migration_id: int, problems: ProblemsByField) -> HttpResponse:
    """The form again, as the next edit of what is saved."""
    page = edited_page(request, migration_id)
    values = values_of(stored(page))
    begun = sketches.begin_edit(actor=request.actor, now=timezone.now(), migration_id=migration_id, values=values)
    kept = my_sketch(actor=request.actor, sketch_id=begun)  # another page's, where that was there already
    state = SketchState(begun, Said.NEW, kept.version, secrets.token_hex(8), of_version=kept.of_version)
    before = written_before(actor=request.actor, sketch_id=begun)
    shown = shown_form(request.actor, offered_for(request.actor, values), values, problems, before=before)
    return form_page(request, shown, page, state)


def edited_page(request: PageRequest, migration_id: int) -> MigrationPage:
    return migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())


def form_page(
    request: PageRequest, form: ShownForm, page: MigrationPage | None = None, sketch: SketchState | None = None
) -> HttpResponse:
    context = {"form": form, "problems": form.problems, "elsewhere": form.elsewhere, "page": page, "sketch": sketch}
    return render(request, "migrations/form.html", context, status=422 if form.problems else 200)


def stored(page: MigrationPage) -> MigrationDraft:
    return MigrationDraft(
        title=page.row.title,
        description=page.description,
        type=page.row.type,
        handler=page.row.handler,
        environment_id=page.row.environment_id,
        targets={target.role: target.target_id for target in page.row.targets},
        parameters=page.parameters,
        options=page.options,
    )
