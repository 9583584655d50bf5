"""The versions of a configuration: the timeline, two of them side by side, and planning a restore."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from migrations_app.selectors.configuration_history import configuration_history
from migrations_app.services import configuration_history as history
from migrations_app.services.errors import InvalidInput
from migrations_app.web.numbers import identifier
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def target_history(request: PageRequest, target_id: int) -> HttpResponse:
    """Without a choice the newest version is compared with the one before it."""
    page = configuration_history(actor=request.actor, target_id=target_id)
    newest = page.versions[0].number if page.versions else 0
    after = identifier(request.GET.get("after")) or newest
    before = identifier(request.GET.get("before")) or max(1, after - 1)
    compared = None
    if newest and page.version(before) and page.version(after) and before != after:
        compared = history.compare_versions(actor=request.actor, target_id=target_id, before=before, after=after)
    context = {"page": page, "compared": compared, "before": before, "after": after}
    return render(request, "targets/history.html", context)


@require_POST
@login_required
def target_history_restore(request: PageRequest, target_id: int) -> HttpResponse:
    number = identifier(request.POST.get("number")) or 0
    try:
        planned = history.plan_restore(actor=request.actor, now=timezone.now(), target_id=target_id, number=number)
    except InvalidInput as refused:
        for problem in refused.problems:
            messages.error(request, f"{problem.message} {problem.fix}")
        return redirect("target_history", target_id)
    messages.success(request, "Planned, not written: look at the changes, then submit it for review.")
    return redirect("migration", planned.migration_id)
