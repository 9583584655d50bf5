"""What the buttons of a migration's page do: one POST each, then back to the page that shows the outcome."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.services import migrations, planning, reviews, runs
from migrations_app.services.errors import Conflict, InvalidInput
from migrations_app.web import questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.drift import drift_shown
from migrations_app.web.requests import PageRequest


@require_POST
@login_required
def migration_plan(request: PageRequest, migration_id: int) -> HttpResponse:
    try:
        planned = planning.plan(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    except InvalidInput as refused:
        for problem in refused.problems:
            messages.error(request, f"{problem.message} {problem.fix}".strip())
        return redirect("migration", migration_id)
    if planned.changed:
        messages.success(request, f"Revision {planned.revision} is planned.")
    else:
        messages.info(request, f"Planned again: nothing changed, revision {planned.revision} stays as it is.")
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_validate(request: PageRequest, migration_id: int) -> HttpResponse:
    run_id = runs.validate_migration(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    return redirect("run", run_id)


@require_POST
@login_required
def migration_submit(request: PageRequest, migration_id: int) -> HttpResponse:
    digest = request.POST.get("digest", "")
    reviews.submit(actor=request.actor, now=timezone.now(), migration_id=migration_id, digest=digest)
    messages.success(request, "Submitted: everybody who can sign it has been told.")
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_withdraw(request: PageRequest, migration_id: int) -> HttpResponse:
    reviews.withdraw(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    messages.info(request, "Withdrawn from review; signatures given so far no longer count.")
    return redirect("migration", migration_id)


@require_POST
@login_required
def migration_execute(request: PageRequest, migration_id: int) -> HttpResponse:
    digest = request.POST.get("digest", "")  # a page that is no longer true starts nothing
    actor, now = request.actor, timezone.now()
    try:
        run_id = runs.execute_migration(actor=actor, now=now, migration_id=migration_id, digest=digest)
    except Conflict as refused:
        return drift_shown(request, migration_id, refused)
    return redirect("run", run_id)


@require_http_methods(METHODS)
@login_required
def migration_roll_back(request: PageRequest, migration_id: int) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    ask = partial(questions.roll_back_migration, actor=actor, now=now, migration_id=migration_id)
    if asked := unconfirmed(request, ask):
        return asked
    return sent_to(request, "run", runs.rollback_migration(actor=actor, now=now, migration_id=migration_id))


@require_POST
@login_required
def migration_clone(request: PageRequest, migration_id: int) -> HttpResponse:
    copy_id = migrations.clone(actor=request.actor, now=timezone.now(), migration_id=migration_id)
    messages.success(request, "This is a copy; nothing of the original's reviews or runs came along.")
    return redirect("migration_edit", copy_id)


@require_http_methods(METHODS)
@login_required
def migration_cancel(request: PageRequest, migration_id: int) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    ask = partial(questions.cancel_migration, actor=actor, now=now, migration_id=migration_id)
    if asked := unconfirmed(request, ask):
        return asked
    migrations.cancel(actor=actor, now=now, migration_id=migration_id, reason=request.POST.get("reason", ""))
    messages.info(request, "Cancelled: this migration can no longer run. Clone it to start over.")
    return sent_to(request, "migration", migration_id)
