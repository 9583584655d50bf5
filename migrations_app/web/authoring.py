"""Writing a migration: a form made from the declarations, or a YAML document."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from migrations_app.selectors.authoring import AuthoringForm, authoring_form
from migrations_app.selectors.migrations import MigrationPage, migration_page
from migrations_app.services import documents, migrations, planning
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import Conflict, InvalidInput, StaleEdit, TargetUnavailable
from migrations_app.services.yaml_text import MOST_BYTES
from migrations_app.web.declared import chosen_values, controls, posted_values
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest

FIRST_OPTIONS = ("validation_level", "batch_size", "parallel_workers", "cleanup_source")  # the others fold away
PLAIN_FIELDS = ("title", "description", "environment", "handler")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_new(request: PageRequest) -> HttpResponse:
    form = _offered(request)
    if request.method != "POST":
        template = "migrations/form.html#fields" if request.htmx else "migrations/form.html"
        return _shown(request, form, request.GET, ProblemsByField(), template=template)
    try:
        made = migrations.create(actor=request.actor, now=timezone.now(), draft=_draft(form, request.POST))
    except InvalidInput as refused:
        return _shown(request, form, request.POST, ProblemsByField(refused.problems))
    return _planned(request, made)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_edit(request: PageRequest, migration_id: int) -> HttpResponse:
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    if request.method != "POST":
        form = _offered(request, page)
        values = request.GET if request.htmx else _stored(page)
        template = "migrations/form.html#fields" if request.htmx else "migrations/form.html"
        return _shown(request, form, values, ProblemsByField(), page=page, template=template)
    form = _offered(request, page)
    try:
        edited = migrations.edit(
            actor=request.actor,
            now=timezone.now(),
            migration_id=migration_id,
            version=identifier(request.POST.get("version")) or 0,
            draft=_draft(form, request.POST),
        )
    except (InvalidInput, StaleEdit) as refused:
        return _shown(request, form, request.POST, ProblemsByField(problems_of(refused)), page=page)
    if edited.voided_signatures:
        messages.warning(request, f"Your edit voided {edited.voided_signatures} signature(s); their owners were told.")
    return _planned(request, migration_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_import(request: PageRequest) -> HttpResponse:
    problems, text = ProblemsByField(), ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        text = upload.read(MOST_BYTES + 1).decode(errors="replace") if upload else request.POST.get("text", "")
        try:
            made = documents.import_yaml(actor=request.actor, now=timezone.now(), text=text)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "Imported as a draft; plan it next.")
            return redirect("migration", made)
    context = {"text": text, "problems": problems}
    return render(request, "migrations/import.html", context, status=422 if problems else 200)


def _planned(request: PageRequest, migration_id: int) -> HttpResponse:
    """Plan what was just saved where that was asked for; a draft that cannot be planned shows why at its fields."""
    if "plan" not in request.POST:
        messages.success(request, "Saved as a draft; plan it when you are ready.")
        return redirect("migration", migration_id)
    try:
        planned = planning.plan(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    except (InvalidInput, TargetUnavailable, Conflict) as refused:
        messages.warning(request, "Your draft is saved, but it cannot be planned yet.")
        page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
        problems = ProblemsByField(problems_of(refused))
        return _shown(request, _offered(request, page), request.POST, problems, page=page)
    messages.success(request, f"Saved, and revision {planned.revision} is planned.")
    return redirect("migration", migration_id)


def _offered(request: PageRequest, page: MigrationPage | None = None) -> AuthoringForm:
    given = request.POST if request.method == "POST" else request.GET
    return authoring_form(
        actor=request.actor,
        environment_id=identifier(given.get("environment")) or (page.row.environment_id if page else None),
        handler=given.get("handler") or (page.row.handler if page else ""),
    )


def _draft(form: AuthoringForm, posted: Mapping[str, str]) -> MigrationDraft:
    parameters = posted_values(form.parameters, posted, path="parameters")
    options = posted_values(form.options, posted, path="options")
    chosen = {role.name: identifier(posted.get(f"targets.{role.name}")) for role in form.roles}
    return MigrationDraft(
        title=posted.get("title", ""),
        type=str(form.handler.type) if form.handler else "",
        handler=form.handler.handler if form.handler else "",
        environment_id=form.environment.id if form.environment else 0,
        targets={name: target_id for name, target_id in chosen.items() if target_id is not None},
        parameters=chosen_values(form.parameters, parameters),
        options=chosen_values(form.options, options),
        description=posted.get("description", ""),
    )


def _stored(page: MigrationPage) -> dict[str, Any]:
    """What is saved, under the names of the inputs."""
    values: dict[str, Any] = {"title": page.row.title, "description": page.description}
    values |= {f"targets.{target.role}": str(target.target_id) for target in page.row.targets}
    values |= {f"parameters.{name}": value for name, value in page.parameters.items()}
    return values | {f"options.{name}": value for name, value in page.options.items()}


def _shown(
    request: PageRequest,
    form: AuthoringForm,
    values: Mapping[str, Any],
    problems: ProblemsByField,
    *,
    page: MigrationPage | None = None,
    template: str = "migrations/form.html",
) -> HttpResponse:
    def under(path: str) -> dict[str, Any]:
        return {name.removeprefix(f"{path}."): value for name, value in values.items() if name.startswith(f"{path}.")}

    parameters = controls(form.parameters, under("parameters"), path="parameters", problems=problems)
    options = controls(form.options, under("options"), path="options", problems=problems)
    roles = [(role, values.get(f"targets.{role.name}", ""), problems.of(f"targets.{role.name}")) for role in form.roles]
    shown = {*PLAIN_FIELDS, *(c.name for c in (*parameters, *options)), *(f"targets.{r.name}" for r in form.roles)}
    context = {
        "form": form,
        "page": page,
        "values": values,
        "roles": roles,
        "parameters": parameters,
        "first_options": [control for control in options if control.field.name in FIRST_OPTIONS],
        "more_options": [control for control in options if control.field.name not in FIRST_OPTIONS],
        "problems": problems,
        "elsewhere": problems.elsewhere(shown),
    }
    return render(request, template, context, status=422 if problems else 200)
