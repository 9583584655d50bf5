"""The audit trail: sentences with filters, the proof of the chain, and the export."""

import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from migrations_app.selectors.audit import ANYTHING, AuditFilters, audit_page, chain_status, neighbours
from migrations_app.selectors.audit import audit_entry as selected_entry
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import exporting, proving
from migrations_app.web.requests import PageRequest

TEXT_FILTERS = ("q", "actor", "action", "outcome", "environment", "object_type", "object_id", "request_id")


@require_safe
@login_required
def audit_list(request: PageRequest) -> HttpResponse:
    filters = _filters(request)
    page = audit_page(actor=request.actor, filters=filters, cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "filters": filters,
        "asked": request.GET,
        "any_asked": filters != ANYTHING,
        "formats": tuple(ExportFormat),
    }
    return render(request, "audit/list.html#results" if request.htmx else "audit/list.html", context)


@require_safe
@login_required
def audit_entry(request: PageRequest, seq: int) -> HttpResponse:
    """One entry, as a page of its own or inside the list."""
    context: dict[str, object] = {"entry": selected_entry(actor=request.actor, seq=seq)}
    if request.htmx:
        return render(request, "audit/entry.html#entry-facts", context)
    chain = chain_status(actor=request.actor)
    before, after = neighbours(actor=request.actor, seq=seq)
    return render(request, "audit/entry.html", context | {"before": before, "after": after, "chain": chain})


@require_POST
@login_required
def audit_verify(request: PageRequest) -> HttpResponse:
    proof = proving.verify_audit(actor=request.actor, now=timezone.now())
    if proof.ok:
        messages.success(request, f"The chain is intact: {proof.entries:,} entries, each hash recomputed.")
    else:
        messages.error(request, f"The chain is broken. {proof.problem}")
    return redirect("audit")


@require_safe
@login_required
def audit_export(request: PageRequest) -> HttpResponseBase:
    """What the page shows, as a file: the same filters, in any of the formats."""
    asked = request.GET.get("format", "")
    format_ = ExportFormat(asked) if asked in tuple(ExportFormat) else ExportFormat.JSONL
    lines = exporting.export_audit(actor=request.actor, now=timezone.now(), filters=_filters(request), format=format_)
    headers = {"Content-Disposition": f'attachment; filename="{format_.file_name}"'}
    return StreamingHttpResponse(lines, content_type=format_.media_type, headers=headers)


def _filters(request: PageRequest) -> AuditFilters:
    texts: dict[str, Any] = {key: request.GET.get(key, "").strip()[:100] for key in TEXT_FILTERS}
    return AuditFilters(
        **texts,
        since=_midnight(request.GET.get("since", "")),
        until=_midnight(request.GET.get("until", ""), days=1),
    )


def _midnight(text: str, *, days: int = 0) -> datetime.datetime | None:
    """The beginning of that day (UTC); None for anything that is no day."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return begin + datetime.timedelta(days=days)
