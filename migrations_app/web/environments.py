"""Environments: the list, one page, and the form of an admin."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from migrations_app.selectors.environments import EnvironmentRow, environment_page, environment_row, list_environments
from migrations_app.selectors.freezes import list_freezes
from migrations_app.selectors.windows import list_windows
from migrations_app.services import environments
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.edited_meanwhile import EditedForm, seen_in, sent_as, status_of, ticked, typed, unsaved
from migrations_app.web.numbers import whole_number
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest
from migrations_app.web.windows import WINDOWS


@require_safe
@login_required
def environment_list(request: PageRequest) -> HttpResponse:
    return render(request, "environments/list.html", {"environments": list_environments(actor=request.actor)})


@require_safe
@login_required
def environment(request: PageRequest, environment_id: int) -> HttpResponse:
    now = timezone.now()
    page = environment_page(actor=request.actor, environment_id=environment_id, now=now)
    windows = list_windows(actor=request.actor, now=now, environment=page.row.name, archived=True)
    context = {
        "page": page,
        "windows": [one for one in windows if not one.archived],
        "archived_windows": WINDOWS.lines(windows),
        "freezes": list_freezes(actor=request.actor, now=now, environment=page.row.name),
    }
    return render(request, "environments/environment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def environment_new(request: PageRequest) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            made = environments.create(
                actor=request.actor,
                now=timezone.now(),
                name=request.POST.get("name", ""),
                **_posted(request),
                **_first_policy(request),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "The environment is there; give people roles in it next.")
            return redirect("environment", made)
    return _form(request, problems, {"values": request.POST, "row": None})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def environment_edit(request: PageRequest, environment_id: int) -> HttpResponse:
    row = environment_row(actor=request.actor, environment_id=environment_id)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        changes = _posted(request) | {"seen": seen_in(request.POST)}
        try:
            environments.edit(actor=request.actor, now=timezone.now(), environment_id=environment_id, **changes)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            row = environment_row(actor=request.actor, environment_id=environment_id)
            meanwhile = unsaved(_edited(row), request)
        if not problems and not meanwhile:
            messages.success(request, "Saved.")
            return redirect("environment", environment_id)
    values = meanwhile.values if meanwhile else request.POST or row
    context = {"values": values, "row": row, "edited": _edited(row), "meanwhile": meanwhile}
    return _form(request, problems, context)


def _edited(row: EnvironmentRow) -> EditedForm:
    ticks = {name: "on" if getattr(row, name) else "" for name in ("protected", "break_glass_allowed")}
    stored = sent_as({"description": row.description, **ticks})
    return EditedForm("environment", row.id, ("environment.edit",), row.version, FIELDS, stored)


FIELDS = (
    typed("description", "Description"),
    ticked("protected", "Protected"),
    ticked("break_glass_allowed", "Break-glass"),
)


def _first_policy(request: PageRequest) -> dict[str, Any]:
    return {"required_approvals": whole_number(request.POST.get("required_approvals", "0"))}


def _posted(request: PageRequest) -> dict[str, Any]:
    return {
        "protected": "protected" in request.POST,
        "break_glass_allowed": "break_glass_allowed" in request.POST,
        "description": request.POST.get("description", ""),
    }


def _form(request: PageRequest, problems: ProblemsByField, context: dict[str, Any]) -> HttpResponse:
    status = status_of(context.get("meanwhile"), problems)
    return render(request, "environments/form.html", {"problems": problems, **context}, status=status)
