"""The list of runs, the live page of one, its buttons and its confirmation."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.selectors.environments import list_environments
from migrations_app.selectors.impact import run_impact
from migrations_app.selectors.route_live import route_live
from migrations_app.selectors.run_charts import run_charts
from migrations_app.selectors.runs import RunFilters, list_runs, run_page
from migrations_app.services import confirmations, cutover, runs
from migrations_app.services.rejected_rows import rejected_rows
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, from_dialog, sent_to, unconfirmed
from migrations_app.web.numbers import whole_number
from migrations_app.web.requests import PageRequest
from migrations_app.web.run_log import log_context
from migrations_app.web.streaming import streamed

CONTROLS = {
    "pause": (runs.pause, "Pause asked for; the run stops at its next checkpoint."),
    "resume": (runs.resume, "The run goes on."),
    "cancel": (runs.cancel, "Cancel asked for; the run stops at its next batch and undoes what it did."),
    "retry": (runs.retry, "The run is tried again from its last checkpoint."),
    "cut_over": (cutover.cut_over, "Released: it hands over as soon as every gate is open."),
    "postpone": (cutover.postpone, "Postponed: nothing more is handed over until somebody releases it."),
    "bring_back": (cutover.bring_back, "Every bucket goes back to the source; then the run waits."),
}
ASKED = {"cancel": questions.cancel_run, "bring_back": questions.bring_back}


@require_safe
@login_required
def run_list(request: PageRequest) -> HttpResponse:
    filters = RunFilters(
        environment=request.GET.get("environment", ""),
        state=request.GET.get("state", ""),
        kind=request.GET.get("kind", ""),
        live="live" in request.GET,
    )
    now, cursor = timezone.now(), request.GET.get("cursor", "")
    context = {
        "listing": list_runs(actor=request.actor, now=now, filters=filters, cursor=cursor),
        "filters": filters,
        "environments": list_environments(actor=request.actor),
        "states": list(RunState),
        "kinds": list(RunKind),
    }
    return render(request, "runs/list.html#results" if request.htmx else "runs/list.html", context)


@require_safe
@login_required
def run(request: PageRequest, run_id: int) -> HttpResponse:
    now = timezone.now()
    page = run_page(actor=request.actor, run_id=run_id, now=now)
    route = route_live(actor=request.actor, run_id=run_id, now=now)
    charts = run_charts(actor=request.actor, run_id=run_id, now=now)
    impact = run_impact(actor=request.actor, run_id=run_id, now=now)
    context = {"page": page, "route": route, "charts": charts, "impact": impact, **log_context(request, run_id)}
    return render(request, "runs/run.html", context)


@require_safe
@login_required
def run_route(request: PageRequest, run_id: int) -> HttpResponse:
    """The route alone: it changes without an event of the run, so the page asks for it each second."""
    route = route_live(actor=request.actor, run_id=run_id, now=timezone.now())
    return render(request, "runs/route.html", {"route": route})


@require_safe
@login_required
def run_measured(request: PageRequest, run_id: int) -> HttpResponse:
    """The charts alone; they move by what is reported, with an event of the run or without."""
    charts = run_charts(actor=request.actor, run_id=run_id, now=timezone.now())
    return render(request, "runs/charts.html", {"charts": charts})


@require_safe
@login_required
def run_impact_part(request: PageRequest, run_id: int) -> HttpResponse:
    """What the run does to its targets alone: read beside the run, and for a minute after it."""
    impact = run_impact(actor=request.actor, run_id=run_id, now=timezone.now())
    return render(request, "runs/impact.html", {"impact": impact})


@require_safe
@login_required
def run_actions(request: PageRequest, run_id: int) -> HttpResponse:
    """The buttons alone; the page asks for them anew when the run's state has changed."""
    page = run_page(actor=request.actor, run_id=run_id, now=timezone.now())
    return render(request, "runs/run.html#run-actions", {"page": page})


@require_safe
@login_required
def run_rejected(request: PageRequest, run_id: int) -> StreamingHttpResponse:
    """The rows that the target refused, as a file."""
    found = rejected_rows(actor=request.actor, now=timezone.now(), run_id=run_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return streamed(request, found.lines, content_type="application/x-ndjson", headers=headers)


@require_POST
@login_required
def run_control(request: PageRequest, run_id: int, operation: str) -> HttpResponse:
    if operation not in CONTROLS:
        raise Http404
    service, told = CONTROLS[operation]
    service(actor=request.actor, now=timezone.now(), run_id=run_id)
    return _answered(request, run_id, told)


@require_http_methods(METHODS)
@login_required
def run_control_asked(request: PageRequest, run_id: int, operation: str) -> HttpResponse:
    """The ones of `CONTROLS` that are read back first."""
    if operation not in ASKED:
        raise Http404
    actor, now = request.actor, timezone.now()
    if asked := unconfirmed(request, partial(ASKED[operation], actor=actor, now=now, run_id=run_id)):
        return asked
    service, told = CONTROLS[operation]
    service(actor=actor, now=now, run_id=run_id)
    return _answered(request, run_id, told)


@require_POST
@login_required
def run_throttle(request: PageRequest, run_id: int) -> HttpResponse:
    most: Any = whole_number(request.POST.get("most_a_second", "") or "0")  # the service complains about text
    cutover.throttle(actor=request.actor, now=timezone.now(), run_id=run_id, most_a_second=most)
    told = f"The copy goes at most at {most:,} sessions a second." if most else "The copy goes as fast as it can."
    return _answered(request, run_id, told)


@require_http_methods(METHODS)
@login_required
def run_roll_back(request: PageRequest, run_id: int) -> HttpResponse:
    now = timezone.now()
    if asked := unconfirmed(request, partial(questions.roll_back_run, actor=request.actor, now=now, run_id=run_id)):
        return asked
    page = run_page(actor=request.actor, run_id=run_id, now=now)
    undoing = runs.rollback_migration(actor=request.actor, now=now, migration_id=page.row.migration_id, run_id=run_id)
    told = "Rollback asked for: everything this run did is undone, newest first."
    if undoing == run_id:
        return _answered(request, run_id, told)
    messages.info(request, told)
    return sent_to(request, "run", undoing)


@require_http_methods(METHODS)
@login_required
def run_confirm(request: PageRequest, run_id: int) -> HttpResponse:
    """Skipping a step is not dangerous; letting it run may be for good."""
    now, skipped = timezone.now(), request.POST.get("decision") == "reject"
    asked = unconfirmed(request, partial(questions.let_step_run, actor=request.actor, now=now, run_id=run_id))
    if asked and not skipped:
        return asked
    confirmations.sign_off(
        actor=request.actor,
        now=now,
        run_id=run_id,
        step=request.POST.get("step", ""),
        digest=request.POST.get("digest", ""),
        decision=request.POST.get("decision", ""),
    )
    return _answered(request, run_id, "Your decision is recorded; the run goes on.")


def _answered(request: PageRequest, run_id: int, told: str) -> HttpResponse:
    if not request.htmx:
        messages.info(request, told)
        return redirect("run", run_id)
    page = run_page(actor=request.actor, run_id=run_id, now=timezone.now())
    answer = render(request, "runs/run.html#run-actions", {"page": page, "told": told})
    return retarget(reswap(answer, "outerHTML"), "#run-actions") if from_dialog(request) else answer
