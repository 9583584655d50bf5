"""Deciding by hand what serves each tool of an adapter: the entry that was found, one of one's own, or the custom
adapter as before."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
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
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.authoring import edited_page, planned_or_form, stored
from migrations_app.web.edited_meanwhile import EditedForm, Meanwhile, Said, Sent, sent_as, status_of, unsaved
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
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

    @property
    def names(self) -> tuple[str, str, str]:
        """Of its inputs."""
        return f"decision.{self.tool.name}", f"entry.{self.tool.name}", f"new-name.{self.tool.name}"


@never_cache  # the back button would show what was there before
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_tools(request: PageRequest, migration_id: int) -> HttpResponse:
    page = edited_page(request, migration_id)
    if page.adapter is None:
        raise Http404("This migration has no plan of an adapter.")
    if request.method != "POST":
        return _form(request, page, tuple(_now(tool, page.parameters) for tool in page.adapter.tools))
    choices = _given(request.POST, page.adapter, page.parameters)
    problems = tuple(choice.problem for choice in choices if choice.problem)
    version, meanwhile = identifier(request.POST.get("version")) or 0, None
    if not problems or version != page.row.version:  # of an outdated form that is said first
        try:
            migrations.edit(
                actor=request.actor,
                now=timezone.now(),
                migration_id=migration_id,
                version=version,
                draft=_decided(page, choices),
            )
        except InvalidInput as refused:
            problems = problems_of(refused)
        except StaleEdit:
            page = edited_page(request, migration_id)
            if page.adapter is None:
                raise
            meanwhile, problems = unsaved(_edited(page), request), ()
            choices = _given(meanwhile.values, page.adapter, page.parameters) if meanwhile else choices
    if problems or meanwhile:
        return _form(request, page, choices, problems, meanwhile)
    return planned_or_form(request, migration_id)


def _decided(page: MigrationPage, choices: tuple[ToolChoice, ...]) -> MigrationDraft:
    draft = stored(page)
    others = {name: value for name, value in draft.parameters.items() if name not in (EDITS, RENAMES)}
    return replace(draft, parameters={**others, **_parameters(choices, page.parameters)})


def _form(
    request: PageRequest,
    page: MigrationPage,
    choices: tuple[ToolChoice, ...],
    problems: tuple[Problem, ...] = (),
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    elsewhere = tuple(problem for problem in problems if all(problem is not choice.problem for choice in choices))
    context = {"page": page, "row": page.row, "choices": choices, "problems": problems, "elsewhere": elsewhere}
    context |= {"edited": _edited(page), "meanwhile": meanwhile}
    status = status_of(meanwhile, ProblemsByField(problems))
    return render(request, "migrations/tools.html", context, status=status)


def _edited(page: MigrationPage) -> EditedForm:
    tools = page.adapter.tools if page.adapter else ()
    sent: dict[str, str] = {}
    for choice in (_now(tool, page.parameters) for tool in tools):
        values = (choice.decision, choice.entry, choice.new_name)
        sent |= dict(zip(choice.names, values, strict=True))
    said = tuple(Said(choice.tool.name, choice.names, partial(_words, choice.names)) for choice in map(_blank, tools))
    title = {"Title": page.row.title}
    return EditedForm("migration", page.row.id, ("migration.edit",), page.row.version, said, sent_as(sent), title)


def _words(names: tuple[str, str, str], sent: Sent) -> str:
    """What serves a tool, and its new name. Entries that say the same are written alike."""
    decision, entry, new_name = (str(sent.get(name) or "").replace("\r\n", "\n").strip() for name in names)
    said = {FOUND: "the entry that was found", CUSTOM: "the custom adapter, as before"}.get(decision, "")
    if decision == OWN:
        with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is shown as it was typed
            entry = json.dumps(json.loads(entry), indent=2, ensure_ascii=False)
        said = f"an entry by hand:\n{entry}"
    return f"{said}\nnew name: {new_name}" if new_name else said


def _blank(tool: ToolPlan) -> ToolChoice:
    return ToolChoice(tool, FOUND if tool.automatic else CUSTOM, "", "")


def _now(tool: ToolPlan, parameters: Mapping[str, Any]) -> ToolChoice:
    """As the migration says now."""
    edits, renames = parameters.get(EDITS) or {}, parameters.get(RENAMES) or {}
    entry, decision = tool.entry, FOUND if tool.automatic else CUSTOM
    if tool.name in edits:
        decision = CUSTOM if edits[tool.name] is None else OWN
        entry = edits[tool.name] if edits[tool.name] is not None else entry
    text = entry if isinstance(entry, str) else json.dumps(entry, indent=2, ensure_ascii=False) if entry else ""
    return ToolChoice(tool, decision, text, str(renames.get(tool.name, "")))


def _given(form: QueryDict, plan: AdapterPlan, parameters: Mapping[str, Any]) -> tuple[ToolChoice, ...]:
    """By the tools' names: a plan that was made meanwhile may have others. Of those nothing is decided here."""
    found = []
    for tool in plan.tools:
        now = _now(tool, parameters)
        decision, entry, new_name = now.names
        if decision in form:
            text = form.get(entry, "").replace("\r\n", "\n")[:MOST_ENTRY]
            now = replace(
                now, decision=form.get(decision, ""), entry=text, new_name=form.get(new_name, "").strip()[:200]
            )
        found.append(replace(now, problem=_problem(now)))
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


def _parameters(choices: tuple[ToolChoice, ...], before: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs from what was found is kept; an entry that was left alone stays as it is written."""
    edits: dict[str, Any] = {}
    for choice in choices:
        if choice.decision == CUSTOM and choice.tool.automatic:
            edits[choice.tool.name] = None
        elif choice.decision == OWN:
            now = _now(choice.tool, before)
            same = now.decision == OWN and now.entry.replace("\r\n", "\n").strip() == choice.entry.strip()
            # As text: numbers stay as they are written.
            edits[choice.tool.name] = before[EDITS][choice.tool.name] if same else choice.entry
    renames = {choice.tool.name: choice.new_name for choice in choices if choice.new_name not in ("", choice.tool.name)}
    return {name: value for name, value in ((EDITS, edits), (RENAMES, renames)) if value}
