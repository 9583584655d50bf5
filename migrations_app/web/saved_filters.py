"""What one does with one's own filters: save, rename, make the default, delete, and take that back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from migrations_app.models import SavedFilter
from migrations_app.services import saved_filters
from migrations_app.web.audit_asked import asked_for as trail_asked_for
from migrations_app.web.middleware import came_from
from migrations_app.web.migration_list import EVERYTHING, asked_for
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


@require_POST
@login_required
def filter_save(request: PageRequest) -> HttpResponse:
    given, name = QueryDict(request.POST.get("query", "")), request.POST.get("name", "")
    page = SavedFilter.AUDIT if request.POST.get("page") == SavedFilter.AUDIT else SavedFilter.MIGRATIONS
    query = trail_asked_for(given, timezone.now()).query if page == SavedFilter.AUDIT else asked_for(given).query
    saved_filters.save(actor=request.actor, now=timezone.now(), name=name, query=query, page=page)
    messages.success(request, f"Saved: “{name.strip()}” stands above the list.")
    where = reverse("audit" if page == SavedFilter.AUDIT else "migration_list")
    return redirect(f"{where}?{query or EVERYTHING}")


@require_POST
@login_required
def filter_rename(request: PageRequest, filter_id: int) -> HttpResponse:
    name = request.POST.get("name", "")
    saved_filters.rename(actor=request.actor, now=timezone.now(), saved_filter_id=filter_id, name=name)
    return redirect(came_from(request))


@require_POST
@login_required
def filter_default(request: PageRequest, filter_id: int) -> HttpResponse:
    chosen = request.POST.get("chosen") == "1"
    saved_filters.choose_default(actor=request.actor, now=timezone.now(), saved_filter_id=filter_id, chosen=chosen)
    messages.success(request, "The list opens with this filter." if chosen else "The list opens without a filter.")
    return redirect(came_from(request))


@require_POST
@login_required
def filter_delete(request: PageRequest, filter_id: int) -> HttpResponse:
    saved_filters.delete(actor=request.actor, now=timezone.now(), saved_filter_id=filter_id)
    can_be_undone(request, "The saved filter is deleted.", undo=reverse("filter_restore", args=[filter_id]))
    return redirect(came_from(request))


@require_POST
@login_required
def filter_restore(request: PageRequest, filter_id: int) -> HttpResponse:
    saved_filters.restore(actor=request.actor, now=timezone.now(), saved_filter_id=filter_id)
    return redirect(came_from(request))
