"""A run that has seen much, and what its journal says, read from the rows alone."""

from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.events import EventType as E
from migrations_app.models import Run, RunEvent
from migrations_app.models.actor import Actor
from migrations_app.selectors.reports.document import Document
from migrations_app.selectors.reports.model import AuditPosition, RunReport
from migrations_app.selectors.reports.reading import report_content, report_of
from migrations_app.selectors.reports.writing import document_of
from tests.selectors.journal import event, told

DIGEST = "ab" * 32
SECRET = "hunter2hunter2"
ERROR = {
    "message": f"The store refused redis://app:{SECRET}@host/0.",
    "type": "dependency_unavailable",
    "recovery_actions": ["Look at the store.", "Roll the run back."],
}
RESULT = {"sessions": 1_234_567, "downtime": 1_250, "sha256": DIGEST, "deep": {"under": {"it": 5}}, "password": SECRET}


def much(now: datetime, **options: Any) -> Run:
    """Succeeds at its second try, by a second worker. Marks in its texts mean nothing."""
    return told(
        event(E.RUN_STARTED),
        event(E.STEP_STARTED, "one"),
        event(E.CHECKPOINT_SAVED, "one", done=700_000, total=1_234_567, unit="sessions"),
        event(E.STEP_RETRY_SCHEDULED, "one", error=ERROR),
        event(E.RUN_TAKEN_OVER),
        event(E.STEP_STARTED, "one", attempt=2),
        event(E.LOGGED, "one", level="warning", message="<b>*Slow*</b> | # [x](y) ёж 日本 😀"),
        event(E.CHECKPOINT_SAVED, "one", attempt=2, done=1_234_567, total=1_234_567, unit="sessions"),
        event(E.STEP_SUCCEEDED, "one", attempt=2, result=RESULT),
        event(E.STEP_STARTED, "two"),
        event(E.STEP_SUCCEEDED, "two", result={"compared": 2_345_678}),
        event(E.RUN_SUCCEEDED, result={}),
        start=now,
        **options,
    )


def report_for(actor: Actor, run: Run, now: datetime, whole: bool | None = None) -> RunReport:
    content = report_content(actor=actor, run_id=run.pk, now=now, whole=whole)
    return report_of(content, now=now, by=actor.username, audit=AuditPosition(4_711, "cd" * 32))


def document_for(actor: Actor, run: Run, now: datetime) -> Document:
    return document_of(report_for(actor, run, now))


def of_the_journal(run: Run) -> dict[str, int]:
    """Its figures by another way than the report's: no fold, only rows."""
    rows = list(RunEvent.objects.filter(run=run).order_by("seq"))

    def at(type_: E, step: str = "") -> datetime:
        return next(row.at for row in rows if row.type == type_ and row.step == step)

    def ms(length: timedelta) -> int:
        return length // timedelta(milliseconds=1)

    return {
        "duration_ms": ms(at(E.RUN_SUCCEEDED) - at(E.RUN_STARTED)),
        "one_ms": ms(at(E.STEP_SUCCEEDED, "one") - at(E.STEP_STARTED, "one")),
        "two_ms": ms(at(E.STEP_SUCCEEDED, "two") - at(E.STEP_STARTED, "two")),
        "events": len(rows),
        "retries": sum(row.type == E.STEP_RETRY_SCHEDULED for row in rows),
        "takeovers": sum(row.type == E.RUN_TAKEN_OVER for row in rows),
        "done": max(row.payload.get("done", 0) for row in rows),
        "sessions": next(row.payload["result"]["sessions"] for row in rows if row.payload.get("result")),
        "compared": next(
            row.payload["result"]["compared"] for row in rows if row.step == "two" and "result" in row.payload
        ),
        "downtime_ms": sum(row.payload.get("result", {}).get("downtime", 0) for row in rows),
        "warnings": sum(row.level == "warning" for row in rows),
    }
