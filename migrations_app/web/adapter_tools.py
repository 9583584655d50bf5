"""Deciding by hand what serves each tool of an adapter: the entry that was found, one of one's own, or the custom
adapter as before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from migrations_app.engine.errors import Problem
from migrations_app.selectors.adapter_plans import AdapterPlan, ToolPlan
from migrations_app.selectors.migrations import MigrationPage
from migrations_app.services import migrations
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.authoring import edited_page, planned_or_form, stored
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import problems_of
from migrations_app.web.requests import PageRequest

FOUND, OWN, CUSTOM = "found", "own", "custom"
EDITS, RENAMES = "edits", "renames"  # parameters of the type
MOST_ENTRY = 100_000  # characters


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """One tool in the form. `entry` is the text of the entry by hand, or of the found one to begin with."""

    tool: ToolPlan
    decision: str
    entry: str
    new_name: str
    problem: Problem | None = None


@never_cache  # the back button would show what was there before
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_tools(request: PageRequest, migration_id: int) -> HttpResponse:
    page = edited_page(request, migration_id)
    if page.adapter is None:
        raise Http404("This migration has no plan of an adapter.")
    if request.method != "POST":
        return _form(request, page, tuple(_now(tool, page.parameters) for tool in page.adapter.tools))
    choices = _given(request.POST, page.adapter)
    problems = tuple(choice.problem for choice in choices if choice.problem)
    if problems:
        return _form(request, page, choices, problems)
    draft = stored(page)
    others = {name: value for name, value in draft.parameters.items() if name not in (EDITS, RENAMES)}
    draft = replace(draft, parameters={**others, **_parameters(choices)})
    version = identifier(request.POST.get("version")) or 0
    try:
        migrations.edit(
            actor=request.actor, now=timezone.now(), migration_id=migration_id, version=version, draft=draft
        )
    except (InvalidInput, StaleEdit) as refused:
        return _form(request, page, choices, problems_of(refused))
    return planned_or_form(request, migration_id)


def _form(
    request: PageRequest, page: MigrationPage, choices: tuple[ToolChoice, ...], problems: tuple[Problem, ...] = ()
) -> HttpResponse:
    elsewhere = tuple(problem for problem in problems if all(problem is not choice.problem for choice in choices))
    seen = request.POST.get("version") if problems else page.row.version  # an outdated form stays one
    context = {"page": page, "row": page.row, "choices": choices, "problems": problems, "elsewhere": elsewhere}
    context["version"] = seen or 0
    return render(request, "migrations/tools.html", context, status=422 if problems else 200)


def _now(tool: ToolPlan, parameters: Mapping[str, Any]) -> ToolChoice:
    """As the migration says now."""
    edits, renames = parameters.get(EDITS) or {}, parameters.get(RENAMES) or {}
    entry, decision = tool.entry, FOUND if tool.automatic else CUSTOM
    if tool.name in edits:
        decision = CUSTOM if edits[tool.name] is None else OWN
        entry = edits[tool.name] if edits[tool.name] is not None else entry
    text = entry if isinstance(entry, str) else json.dumps(entry, indent=2, ensure_ascii=False) if entry else ""
    return ToolChoice(tool, decision, text, str(renames.get(tool.name, "")))


def _given(form: QueryDict, plan: AdapterPlan) -> tuple[ToolChoice, ...]:
    found = []
    for number, tool in enumerate(plan.tools):
        entry = form.get(f"entry-{number}", "")[:MOST_ENTRY]
        decision = form.get(f"decision-{number}", FOUND)
        choice = ToolChoice(tool, decision, entry, form.get(f"new-name-{number}", "").strip()[:200])
        found.append(replace(choice, problem=_problem(choice)))
    return tuple(found)


def _problem(choice: ToolChoice) -> Problem | None:
    name = choice.tool.name
    field = f"parameters.edits.{name}"
    if choice.decision == FOUND and not choice.tool.automatic:
        return Problem(field, f"No entry was found for {name}.", "Write one, or leave it with the custom adapter.")
    if choice.decision not in (FOUND, OWN, CUSTOM):
        return Problem(field, "This is no choice.", "Choose what serves the tool.", "choice")
    if choice.decision != OWN:
        return None
    try:
        entry = json.loads(choice.entry)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return Problem(field, f"The entry of {name} is no JSON: {error.msg} ({where}).", "Correct it there.")
    except RecursionError:
        return Problem(field, f"The entry of {name} is nested too deep.", "Write it flatter.")
    if not isinstance(entry, dict):
        return Problem(field, f"The entry of {name} is no object.", 'Write {"name": ..., "steps": ...}.')
    return None


def _parameters(choices: tuple[ToolChoice, ...]) -> dict[str, Any]:
    """Only what differs from what was found is kept."""
    edits: dict[str, Any] = {}
    for choice in choices:
        if choice.decision == CUSTOM and choice.tool.automatic:
            edits[choice.tool.name] = None
        elif choice.decision == OWN:
            edits[choice.tool.name] = choice.entry  # as text: numbers stay as they are written
    renames = {choice.tool.name: choice.new_name for choice in choices if choice.new_name not in ("", choice.tool.name)}
    return {name: value for name, value in ((EDITS, edits), (RENAMES, renames)) if value}
