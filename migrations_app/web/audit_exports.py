"""Files of the audit trail that a worker writes: asking for one, watching it, downloading it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors import audit_exports as reads
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import audit_exports as exports
from migrations_app.web.audit_asked import asked_for
from migrations_app.web.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def audit_exports(request: PageRequest) -> HttpResponse:
    """The list, which asks again by itself while one is under way; a POST asks for one, as the trail's page does."""
    if request.method == "POST":
        now, wanted = timezone.now(), request.POST.get("format", "")
        format_ = ExportFormat(wanted) if wanted in tuple(ExportFormat) else ExportFormat.JSONL
        filters = asked_for(QueryDict(request.POST.get("query", "")), now).filters
        exports.ask(actor=request.actor, now=now, filters=filters, format=format_)
        return redirect("audit_exports")
    rows = reads.audit_exports(actor=request.actor)
    context = {"exports": rows, "under_way": any(row.is_under_way for row in rows)}
    return render(request, "audit/exports.html#exports" if request.htmx else "audit/exports.html", context)


@require_safe
@login_required
def audit_export_file(request: PageRequest, export_id: int) -> StreamingHttpResponse:
    file = exports.download(actor=request.actor, now=timezone.now(), export_id=export_id)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)


@require_POST
@login_required
def audit_export_remove(request: PageRequest, export_id: int) -> HttpResponse:
    exports.remove(actor=request.actor, now=timezone.now(), export_id=export_id)
    return redirect("audit_exports")
