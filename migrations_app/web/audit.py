"""The audit trail: sentences with filters, one entry with its proof, the proof of the chain, and the export."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from migrations_app.models import SavedFilter
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.selectors.audit_kinds import Topic
from migrations_app.selectors.audit_presets import audit_presets
from migrations_app.selectors.saved_filters import saved_filters
from migrations_app.services import audit_reading, exporting, proving
from migrations_app.web.audit_asked import WITHIN, asked_for
from migrations_app.web.requests import PageRequest

TABS = ("summary", "diff", "raw", "proof")


@require_safe
@login_required
def audit_list(request: PageRequest) -> HttpResponse:
    now, mine = timezone.now(), saved_filters(actor=request.actor, page=SavedFilter.AUDIT)
    default = next((row for row in mine if row.is_default), None)
    if default and default.query and not request.GET:
        return redirect(f"{request.path}?{default.query}")
    asked = asked_for(request.GET, now)
    page = audit_reading.page(actor=request.actor, now=now, filters=asked.filters, cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "asked": asked,
        "older": asked.url(cursor=page.next_cursor) if page.next_cursor else "",
        "is_older": bool(request.GET.get("cursor")),
        "entry": request.GET.get("entry", "") if request.GET.get("entry", "").isdecimal() else "",
        "presets": [
            (one.label, f"{request.path}?{urlencode(one.filters)}", one.filters == asked.values)
            for one in audit_presets(actor=request.actor)
        ],
        "saved": mine,
        "current": next((row for row in mine if row.query == asked.query), None),
        "withins": [(value, label) for value, (label, _) in WITHIN.items()],
        "topics": tuple(Topic),
        "formats": tuple(ExportFormat),
    }
    response = render(request, "audit/list.html#listing" if request.htmx else "audit/list.html", context)
    if request.htmx:  # the form sends its empty fields too
        response["HX-Push-Url"] = asked.url(cursor=request.GET.get("cursor", ""))
    return response


@require_safe
@login_required
def audit_entry(request: PageRequest, seq: int) -> HttpResponse:
    """One entry, as a page of its own or in the drawer of the list."""
    detail = audit_reading.detail(actor=request.actor, now=timezone.now(), seq=seq)
    chain = audit_reading.chain(actor=request.actor, now=timezone.now())
    tab = request.GET.get("tab", "")
    context = {
        "detail": detail,
        "entry": detail.entry,
        "chain": chain,
        "tab": tab if tab in TABS else TABS[0],
        "tabs": TABS,
        "indented": json.dumps(json.loads(detail.stored), indent=2, ensure_ascii=False),
    }
    response = render(request, "audit/entry.html#entry" if request.htmx else "audit/entry.html", context)
    response["HX-Push-Url"] = "false"  # the drawer keeps the list's address, which names the entry
    return response


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
    asked, now = request.GET.get("format", ""), timezone.now()
    format_ = ExportFormat(asked) if asked in tuple(ExportFormat) else ExportFormat.JSONL
    filters = asked_for(request.GET, now).filters
    lines = exporting.export_audit(actor=request.actor, now=now, filters=filters, format=format_)
    headers = {"Content-Disposition": f'attachment; filename="{format_.file_name}"'}
    return StreamingHttpResponse(lines, content_type=format_.media_type, headers=headers)
