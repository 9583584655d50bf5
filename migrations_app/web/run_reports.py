"""The report of a run: its page, and the files that people take with them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors import report_files as reads
from migrations_app.selectors.report_receivers import report_receivers, sent_reports
from migrations_app.selectors.reports.as_html import context_of
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.reading import takes_long
from migrations_app.selectors.reports.writing import document_of
from migrations_app.selectors.runs import run_page
from migrations_app.services import report_files, report_sending, run_reports
from migrations_app.services.errors import InvalidInput
from migrations_app.web.numbers import identifier
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def run_report(request: PageRequest, run_id: int) -> HttpResponse:
    now = timezone.now()
    report = run_reports.page(actor=request.actor, now=now, run_id=run_id)
    context = {
        "page": run_page(actor=request.actor, run_id=run_id, now=now),
        "report": report,
        "forms": list(ReportForm),
        "is_long": takes_long(actor=request.actor, run_id=run_id),
        **_files(request, run_id),
        "attached": report_sending.ATTACHED,
        "receivers": report_receivers(actor=request.actor, run_id=run_id),
        "sent": sent_reports(actor=request.actor, run_id=run_id),
        **context_of(document_of(report)),
    }
    return render(request, "runs/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def run_report_files(request: PageRequest, run_id: int) -> HttpResponse:
    """The files that workers write, which the page asks for again while one is under way; a POST asks for one."""
    if request.method == "POST":
        wanted = request.POST.get("form", "")
        form = ReportForm(wanted) if wanted in tuple(ReportForm) else ReportForm.PDF
        report_files.ask(actor=request.actor, now=timezone.now(), run_id=run_id, form=form)
        return redirect("run_report", run_id)
    return render(request, "runs/report_files.html", _files(request, run_id))


@require_safe
@login_required
def run_report_fetch(request: PageRequest, run_id: int, file_id: int) -> StreamingHttpResponse:
    file = report_files.fetch(actor=request.actor, now=timezone.now(), run_id=run_id, file_id=file_id)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)


@require_POST
@login_required
def run_report_drop(request: PageRequest, run_id: int, file_id: int) -> HttpResponse:
    report_files.remove(actor=request.actor, now=timezone.now(), run_id=run_id, file_id=file_id)
    return redirect("run_report", run_id)


@require_POST
@login_required
def run_report_send(request: PageRequest, run_id: int) -> HttpResponse:
    posted, now = request.POST, timezone.now()
    forms = [ReportForm(one) for one in posted.getlist("forms") if one in tuple(ReportForm)]
    try:
        count = report_sending.send(
            actor=request.actor,
            now=now,
            run_id=run_id,
            channels=[one for one in map(identifier, posted.getlist("channels")) if one],
            people=[one for one in map(identifier, posted.getlist("people")) if one],
            followers="followers" in posted,
            forms=forms,
        )
    except InvalidInput as refused:
        for problem in refused.problems:
            messages.error(request, f"{problem.message} {problem.fix}")
        return redirect("run_report", run_id)
    said = f"{count} message{'s are' if count != 1 else ' is'} on the way." if count else "It is on its way to them."
    messages.success(request, said)
    return redirect("run_report", run_id)


@require_safe
@login_required
def run_report_file(request: PageRequest, run_id: int, form: str) -> StreamingHttpResponse:
    if form not in tuple(ReportForm):
        raise Http404
    file = run_reports.file(actor=request.actor, now=timezone.now(), run_id=run_id, form=ReportForm(form))
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)


def _files(request: PageRequest, run_id: int) -> dict[str, Any]:
    files = reads.report_files(actor=request.actor, run_id=run_id)
    return {"run_id": run_id, "files": files, "under_way": any(one.is_under_way for one in files)}
