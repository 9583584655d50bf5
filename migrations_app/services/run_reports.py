"""Reports of runs, handed out. Who reads one, and who takes one away, is written in the audit trail.

A page that is read again within a quarter of an hour is one entry; every file is one, with the digest of its content.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from migrations_app.models import AuditHead
from migrations_app.models.actor import Actor
from migrations_app.selectors.reports import as_html, as_markdown, as_pdf, plain
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.journal_rows import Reached, all_events
from migrations_app.selectors.reports.model import AuditPosition, Content, RunReport
from migrations_app.selectors.reports.reading import report_content, report_of, takes_long
from migrations_app.selectors.reports.writing import document_of
from migrations_app.services import audit
from migrations_app.services.audit_reading import is_due
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    media_type: str
    content: Iterator[bytes]


@operation("run.read_report", about="run", atomic=False, in_maintenance=True)
def page(*, actor: Actor, now: datetime, run_id: int) -> RunReport:
    """As it is now; of a long run without a digest. Raises NotFound."""
    content = report_content(actor=actor, run_id=run_id, now=now)
    if is_due([actor.username, actor.token_id, actor.on_behalf_of, "report", content.run.id], now):
        with transaction.atomic():
            return report_of(
                content, now=now, by=actor.username, audit=_said(actor, now, "run.read_report", content, {})
            )
    head = AuditHead.objects.first() or AuditHead()
    return report_of(content, now=now, by=actor.username, audit=AuditPosition(head.seq, head.hash))


@operation("run.export_report", about="run", atomic=False, in_maintenance=True)
def file(*, actor: Actor, now: datetime, run_id: int, form: ReportForm) -> ReportFile:
    """Raises NotFound, and Conflict for a run too long for a file."""
    if takes_long(actor=actor, run_id=run_id):
        raise Conflict(
            f"Run {run_id} has too many events for a report while one waits. Nothing was written.",
            f"Have a worker write it: POST /api/v1/runs/{run_id}/report/files, or the page /runs/{run_id}/report/.",
            reason="takes_long",
        )
    report = exported(actor=actor, now=now, run_id=run_id, forms=(form,))
    return ReportFile(form.name_of(run_id), form.media_type, written(report, form, actor))


def exported(
    *, actor: Actor, now: datetime, run_id: int, forms: tuple[ReportForm, ...], reached: Reached | None = None
) -> RunReport:
    """A report whose audit entry says that it was made in these forms. `reached` is called while events are read."""
    content = report_content(actor=actor, run_id=run_id, now=now, whole=True, reached=reached)
    report = report_of(content, now=now, by=actor.username, audit=AuditPosition(0, ""))
    said = {"forms": [form.value for form in forms], "digest": report.digest}
    with transaction.atomic():
        position = _said(actor, now, "run.export_report", content, said)
    return report_of(content, now=now, by=actor.username, audit=position)


def written(report: RunReport, form: ReportForm, actor: Actor, reached: Reached | None = None) -> Iterator[bytes]:
    """The file in pieces; of the JSON form with every event, which `reached` is told of."""
    if form is ReportForm.JSON:
        return plain.written(report, all_events(actor, report.content.run.id, reached))
    document = document_of(report)
    if form is ReportForm.HTML:
        return iter((as_html.written(document).encode(),))
    if form is ReportForm.MARKDOWN:
        return iter((as_markdown.written(document).encode(),))
    return iter((as_pdf.written(document),))


def _said(actor: Actor, now: datetime, action: str, content: Content, more: Mapping[str, object]) -> AuditPosition:
    run = content.run
    entry = audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="run",
        object_id=run.id,
        environment=run.environment,
        after={"title": run.migration_title, "kind": run.kind, "state": run.state, "seq": content.events.total, **more},
    )
    return AuditPosition(entry.seq, entry.hash)
