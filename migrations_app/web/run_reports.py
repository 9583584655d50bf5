"""The report of a run: its page, and the files that people take with them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.selectors.reports.as_html import context_of
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.writing import document_of
from migrations_app.selectors.runs import run_page
from migrations_app.services import run_reports
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def run_report(request: PageRequest, run_id: int) -> HttpResponse:
    now = timezone.now()
    report = run_reports.page(actor=request.actor, now=now, run_id=run_id)
    page = run_page(actor=request.actor, run_id=run_id, now=now)
    context = {"page": page, "report": report, "forms": list(ReportForm), **context_of(document_of(report))}
    return render(request, "runs/report.html", context)


@require_safe
@login_required
def run_report_file(request: PageRequest, run_id: int, form: str) -> StreamingHttpResponse:
    if form not in tuple(ReportForm):
        raise Http404
    file = run_reports.file(actor=request.actor, now=timezone.now(), run_id=run_id, form=ReportForm(form))
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)
