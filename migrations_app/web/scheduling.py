"""The page on which a run is scheduled, and the button that calls one off."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.engine.vocabulary import RunKind, ScheduleTiming
from migrations_app.selectors.schedules import schedule_row
from migrations_app.selectors.scheduling import scheduling_page
from migrations_app.services import schedules
from migrations_app.services.errors import InvalidInput
from migrations_app.web.local_times import REPEATS, local_time, recurrence, utc_time
from migrations_app.web.numbers import whole_number
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_schedule(request: PageRequest, migration_id: int) -> HttpResponse:
    now = timezone.now()
    page = scheduling_page(actor=request.actor, migration_id=migration_id, now=now)
    first_choice = ScheduleTiming.NEXT_WINDOW if page.openings else ScheduleTiming.AT
    values: Mapping[str, Any] = {
        "timing": first_choice,
        "window_closes": "finish",
        "grace_minutes": 15,
        "waits_hours": 24,
        "zone": "UTC",
    }
    problems = ProblemsByField()
    if request.method == "POST":
        values = request.POST
        try:
            schedules.create(actor=request.actor, now=now, migration_id=migration_id, **_posted(values))
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "Scheduled. It starts by itself; you will be told how it ends.")
            return redirect("migration", migration_id)
    context = {"page": page, "values": values, "problems": problems, "choices": REPEATS[1:]}
    return render(request, "migrations/schedule_form.html", context, status=422 if problems else 200)


@require_POST
@login_required
def schedule_cancel(request: PageRequest, schedule_id: int) -> HttpResponse:
    schedules.cancel(actor=request.actor, now=timezone.now(), schedule_id=schedule_id)
    messages.info(request, "The schedule is called off; nothing starts from it any more.")
    return redirect("migration", schedule_row(schedule_id=schedule_id).migration_id)


def _posted(values: Mapping[str, Any]) -> dict[str, Any]:
    timing = values.get("timing", "")
    wish = {
        "timing": timing,
        "kind": RunKind.DRY_RUN if timing == ScheduleTiming.RECURRING else RunKind.APPLY,
        "digest": values.get("digest", ""),
        "grace_minutes": whole_number(values.get("grace_minutes", "")),
        "window_closes": values.get("window_closes", "finish"),
    }
    if timing == ScheduleTiming.WHEN_READY:
        hours = whole_number(values.get("waits_hours", ""))
        return wish | {"grace_minutes": 60 * hours if isinstance(hours, int) else hours}
    if timing == ScheduleTiming.AT:
        return wish | {"at": utc_time(values.get("at", ""))}
    if timing == ScheduleTiming.RECURRING:
        first = values.get("first", "")
        return wish | {
            "zone": values.get("zone", ""),
            "first": local_time(first) or first,
            "recurrence": recurrence(values),
        }
    return wish
