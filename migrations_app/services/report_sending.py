"""Sending the report of a run through channels: a message of its own for each, with the log and the tries of any other.

Mails carry the report as PDF and as one HTML file; they are made when the message goes out, by whichever worker sends
it. Webhooks and chat rooms are told where it stands: an error may quote data, and they are outside.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import AlertChannel
from migrations_app.models.actor import Actor
from migrations_app.runtime import alerting
from migrations_app.runtime.audit import instant
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.model import AuditPosition
from migrations_app.selectors.reports.reading import report_content, report_of
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.selectors.state_words import words
from migrations_app.services import audit
from migrations_app.services.actor import SYSTEM
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.run_reports import written

MOST_CHANNELS = 20
ATTACHED = (ReportForm.PDF, ReportForm.HTML)
MOST_SUBJECT = 180


@operation("run.send_report", about="run")
def send(*, actor: Actor, now: datetime, run_id: int, channels: Iterable[int]) -> int:
    """How many messages wait now. Raises NotFound, PermissionDenied, and InvalidInput for unknown channels."""
    run = visible_run(actor, run_id)
    environment = run.migration.environment
    require(actor, Permission.CONTROL, environment)
    rows = _channels(channels)
    entry = audit.record(
        actor=actor,
        now=now,
        action="run.send_report",
        object_type="run",
        object_id=run.pk,
        environment=environment.name,
        after={"title": run.migration.title, "channels": [row.name for row in rows]},
    )
    path = f"/runs/{run.pk}/report/"
    text = f"“{run.migration.title}”: {words(run.kind)} {run.pk} in {environment.name} is {words(run.state)}."
    said: dict[str, object] = {
        "subject": " ".join(f"[Snakeweb] Report: {text}".split())[:MOST_SUBJECT],
        "text": f"{text}\n\n{actor.username} sends you its report: {alerting.link_to(path)}\n",
        "run": run.pk,
        "environment": environment.name,
        "path": path,
        "by": actor.username,
        "at": instant(now),
        "audit": {"seq": entry.seq, "hash": entry.hash},
    }
    for row in rows:
        alerting.put(row, said, now=now, due=now, kind=WebhookKind.RUN_REPORT)
    return len(rows)


def attachments(said: Mapping[str, Any]) -> list[tuple[str, bytes, str]]:
    """Name, content and media type of what a mail with this message carries. Raises NotFound."""
    run_id, at = int(said["run"]), datetime.fromisoformat(said["at"])
    content = report_content(actor=SYSTEM, run_id=run_id, now=at, whole=True)
    report = report_of(content, now=at, by=said["by"], audit=AuditPosition(**said["audit"]))
    return [
        (form.name_of(run_id), b"".join(written(report, form, SYSTEM)), form.media_type.partition(";")[0])
        for form in ATTACHED
    ]


def _channels(wanted: Iterable[int]) -> list[AlertChannel]:
    check = Check()
    ids = sorted(set(wanted))
    rows = list(AlertChannel.objects.filter(pk__in=ids, archived_at=None).select_related("webhook"))
    if not ids or len(ids) > MOST_CHANNELS or len(rows) != len(ids):
        check.problem("channels", "Choose channels that are there, at most 20.", "See the list of channels.", "unknown")
    check.done()
    return rows
