"""Targets: the list, one page, the connection test, and the form of an admin."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors.environments import list_environments
from migrations_app.selectors.targets import ANY_TARGET, FAILING, TargetFilters, TargetPage, list_targets, target_page
from migrations_app.services import targets
from migrations_app.services.errors import Conflict, InvalidInput, StaleEdit
from migrations_app.services.targets import SECRET_NAMES
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.edited_meanwhile import EditedForm, Meanwhile, status_of, unsaved
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest
from migrations_app.web.target_form import TargetForm, as_sent, blank, compared, sent, stored
from migrations_app.web.toasts import can_be_undone
from migrations_app.web.wording import words


@require_safe
@login_required
def target_list(request: PageRequest) -> HttpResponse:
    filters = TargetFilters(
        environment=request.GET.get("environment", ""),
        q=request.GET.get("q", "").strip(),
        archived="archived" in request.GET,
        health=request.GET.get("health", ""),
    )
    rows = list_targets(actor=request.actor, filters=filters)
    context = {
        "targets": rows,
        "failing": sum(row.health == FAILING for row in rows),
        "any_asked": filters != ANY_TARGET,
        "filters": filters,
        "environments": list_environments(actor=request.actor),
    }
    return render(request, "targets/list.html#results" if request.htmx else "targets/list.html", context)


@require_safe
@login_required
def target(request: PageRequest, target_id: int) -> HttpResponse:
    page = target_page(actor=request.actor, target_id=target_id)
    return render(request, "targets/target.html", {"page": page})


@require_POST
@login_required
def target_test(request: PageRequest, target_id: int) -> HttpResponse:
    tested = targets.test(actor=request.actor, now=timezone.now(), target_id=target_id)
    if not request.htmx:
        return redirect("target", target_id)
    page = target_page(actor=request.actor, target_id=target_id)
    return render(request, "targets/target.html#health", {"page": page, "tested": tested})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target_new(request: PageRequest) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, blank(request.GET), ProblemsByField())
    form = sent(request.POST)
    try:
        made = targets.create(
            actor=request.actor,
            now=timezone.now(),
            environment_id=identifier(request.POST.get("environment")) or 0,
            name=form.name,
            kind=form.kind,
            config=form.config,
            secrets={name: text for name, text in form.secrets.items() if text},
        )
    except InvalidInput as refused:
        return _shown(request, form, ProblemsByField(refused.problems))
    messages.success(request, "The target is there. Test the connection next.")
    return redirect("target", made)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target_edit(request: PageRequest, target_id: int) -> HttpResponse:
    page = target_page(actor=request.actor, target_id=target_id)
    if request.method != "POST":
        return _shown(request, stored(page), ProblemsByField(), page)
    form = sent(request.POST, stored(page))
    try:
        targets.edit(
            actor=request.actor,
            now=timezone.now(),
            target_id=target_id,
            version=identifier(request.POST.get("version")) or 0,
            config=form.config,
            secrets=form.secrets,
        )
    except (InvalidInput, Conflict) as refused:
        return _shown(request, form, ProblemsByField(problems_of(refused)), page)
    except StaleEdit:
        page = target_page(actor=request.actor, target_id=target_id)
        if meanwhile := unsaved(_edited(page), request, asked=page.row.archived):
            return _shown(request, sent(meanwhile.values), ProblemsByField(), page, meanwhile)
    messages.success(request, "Saved. Signatures of open plans that use another configuration than before are void.")
    return redirect("target", target_id)


@require_http_methods(METHODS)
@login_required
def target_archive(request: PageRequest, target_id: int) -> HttpResponse:
    if asked := unconfirmed(request, partial(questions.archive_target, actor=request.actor, target_id=target_id)):
        return asked
    version = identifier(request.POST.get("version")) or 0
    targets.archive(actor=request.actor, now=timezone.now(), target_id=target_id, version=version)
    undo = reverse("target_restore", args=[target_id])
    can_be_undone(request, "Archived: no new plan can use this target.", undo=undo)
    return sent_to(request, "target", target_id)


@require_POST
@login_required
def target_restore(request: PageRequest, target_id: int) -> HttpResponse:
    targets.restore(actor=request.actor, now=timezone.now(), target_id=target_id)
    messages.success(request, "The target is back: plans can use it again.")
    return redirect("target", target_id)


def _edited(page: TargetPage) -> EditedForm:
    form = stored(page)
    facts = {"Credentials": ", ".join(page.secret_names) or "none", "Archived": "yes" if page.row.archived else "no"}
    return EditedForm(
        "target",
        page.row.id,
        ("target.edit", "target.archive", "target.restore"),
        page.row.version,
        compared(form),
        as_sent(form),
        facts,
        sealed=dict(form.secret_fields()) | {f"remove.{name}": f"Remove the {words(name)}" for name in SECRET_NAMES},
        blocked=_blocked(page),
    )


def _blocked(page: TargetPage) -> str:
    if page.row.archived:
        return "It is archived: bring it back first."
    if page.row.used_by_run is not None:
        return f"Run {page.row.used_by_run} uses it: wait until that has ended, or cancel it."
    return ""


def _shown(
    request: PageRequest,
    form: TargetForm,
    problems: ProblemsByField,
    page: TargetPage | None = None,
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    """`page`: of the target that is edited, as it was read before anything was tried."""
    controls = form.controls(problems)
    shown = {
        "name",
        "config.columns",
        *(control.name for control in controls),
        *(name for name, _ in form.secret_fields()),
        *(p.field for p in problems.all if p.field.startswith("config.columns")),
    }
    context = {
        "form": form,
        "controls": controls,
        "problems": problems,
        "elsewhere": problems.elsewhere(shown),
        "environments": list_environments(actor=request.actor),
        "page": page,
        "edited": _edited(page) if page else None,
        "meanwhile": meanwhile,
    }
    template = "targets/form.html#store" if request.htmx else "targets/form.html"
    return render(request, template, context, status=status_of(meanwhile, problems))
