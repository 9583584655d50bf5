"""Forms of admins: an environment's maintenance windows, and freezes."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.selectors.environments import environment_row, list_environments
from migrations_app.selectors.windows import WindowRow, visible_window
from migrations_app.services import freezes, windows
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.archives import Archive, asked_for, restoring
from migrations_app.web.edited_meanwhile import EditedForm, Said, Sent, seen_in, sent_as, status_of, typed, unsaved
from migrations_app.web.local_times import REPEATS, local_time, recurrence, said, utc_time
from migrations_app.web.numbers import identifier, whole_number
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest, onwards
from migrations_app.web.wording import duration


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def window_new(request: PageRequest, environment_id: int) -> HttpResponse:
    place = environment_row(actor=request.actor, environment_id=environment_id)
    values: Mapping[str, Any] = {"zone": "UTC", "minutes": 120}
    problems = ProblemsByField()
    if request.method == "POST":
        values = request.POST
        try:
            windows.create(
                actor=request.actor, now=timezone.now(), environment_id=environment_id, **_posted(request.POST)
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, f"From now on, runs start in {place.name} inside its windows only.")
            return redirect("environment", environment_id)
    return _shown(request, problems, {"place": place, "values": values})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def window_edit(request: PageRequest, window_id: int) -> HttpResponse:
    row = visible_window(actor=request.actor, window_id=window_id, now=timezone.now())
    place = environment_row(actor=request.actor, environment_id=row.environment_id)
    values: Mapping[str, Any] = _stored(row)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        values = request.POST
        archived = asked_for(request.POST)
        changes = {"archived": True} if archived else _posted(request.POST) | {"archived": archived}
        try:
            seen = seen_in(request.POST)
            windows.edit(actor=request.actor, now=timezone.now(), window_id=window_id, seen=seen, **changes)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            row = visible_window(actor=request.actor, window_id=window_id, now=timezone.now())
            meanwhile = unsaved(_edited(row), request, asked=archived is not None and archived != row.archived)
        if not problems and not meanwhile:
            WINDOWS.tell(request, window_id, archived)
            return redirect("environment", row.environment_id)
    shown = {"place": place, "values": meanwhile.values if meanwhile else values, "window": row}
    return _shown(request, problems, shown | {"edited": _edited(row), "meanwhile": meanwhile})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def freeze_new(request: PageRequest) -> HttpResponse:
    values: Mapping[str, Any] = {"environment": request.GET.get("environment", "")}
    problems = ProblemsByField()
    if request.method == "POST":
        values = request.POST
        try:
            freezes.create(
                actor=request.actor,
                now=timezone.now(),
                reason=values.get("reason", ""),
                begins_at=utc_time(values.get("begins_at", "")),
                ends_at=utc_time(values.get("ends_at", "")),
                environment_id=identifier(values.get("environment")),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "The freeze is set. Rollbacks are possible all the same.")
            return redirect("calendar")
    places = list_environments(actor=request.actor)
    context = {"problems": problems, "values": values, "places": places}
    return render(request, "calendar/freeze_form.html", context, status=422 if problems else 200)


@require_POST
@login_required
def freeze_lift(request: PageRequest, freeze_id: int) -> HttpResponse:
    freezes.lift(actor=request.actor, now=timezone.now(), freeze_id=freeze_id)
    messages.success(request, "Lifted. Nothing that it kept from starting starts by itself.")
    return redirect(onwards(request, request.POST.get("next", ""), reverse("calendar")))


def _hours(row: WindowRow) -> str:
    rule = said(row.recurrence) or row.recurrence
    return f"{row.first:%H:%M} {row.zone} for {duration(row.seconds)}{f' · {rule}' if rule else ''}"


def _opens(row: WindowRow) -> str:
    """The first one closes its environment for the rest of the time, and one whose times are over never opens it."""
    over = "" if row.open_until or row.opens_at else " Its times are over, so it opens no more by itself."
    return f"Brought back: runs start in {row.environment} inside its windows only.{over}"


WINDOWS: Archive[WindowRow] = Archive(
    key="window_id",
    page="window_edit",
    restore="window_restore",
    read=lambda request, key: visible_window(actor=request.actor, window_id=key, now=timezone.now()),
    edit=windows.edit,
    about=_hours,
    gone="Archived: the window opens no more.",
    back=_opens,
    listed=lambda row: reverse("environment", args=[row.environment_id]),
)
window_restore = restoring(WINDOWS)


def _posted(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": values.get("name", ""),
        "zone": values.get("zone", ""),
        "first": local_time(values.get("first", "")) or values.get("first", ""),
        "minutes": whole_number(values.get("minutes", "")),
        "recurrence": recurrence(values),
    }


def _stored(row: WindowRow) -> dict[str, str]:
    known = row.recurrence in [rule for rule, _ in REPEATS]
    return {
        "name": row.name,
        "zone": row.zone,
        "first": f"{row.first:%Y-%m-%dT%H:%M}",
        "minutes": str(row.minutes),
        "repeats": row.recurrence if known else "",
        "rule": "" if known else row.recurrence,
    }


def _edited(row: WindowRow) -> EditedForm:
    return EditedForm(
        "window", row.id, ("window.edit",), row.version, FIELDS, sent_as(_stored(row)), _facts(row.archived)
    )


def _facts(archived: bool) -> dict[str, str]:
    return {"Archived": "yes" if archived else "no"}


def _rule_words(sent: Sent) -> str:
    rule = recurrence(sent)
    return said(rule) or rule


FIELDS = (
    typed("name", "Name"),
    typed("zone", "Time zone"),
    typed("first", "Opens first"),
    typed("minutes", "Minutes that it stays open"),
    Said("Repeats", ("repeats", "rule"), _rule_words),
)


def _shown(request: PageRequest, problems: ProblemsByField, context: dict[str, Any]) -> HttpResponse:
    shown = {"problems": problems, "choices": REPEATS, **context}
    status = status_of(context.get("meanwhile"), problems)
    return render(request, "calendar/window_form.html", shown, status=status)
