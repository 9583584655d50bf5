"""The report of a run, read: the one way in for pages, files and messages."""

from datetime import datetime

from migrations_app.engine.vocabulary import RunKind
from migrations_app.models.actor import Actor
from migrations_app.selectors.break_glass import break_glass_of
from migrations_app.selectors.impact import impact_of as impact_read
from migrations_app.selectors.reports.building import content_of
from migrations_app.selectors.reports.journal_rows import Reached, events_of, is_long
from migrations_app.selectors.reports.measured import impact_of, series_of
from migrations_app.selectors.reports.model import AuditPosition, Content, RunReport
from migrations_app.selectors.reports.plain import digest_of
from migrations_app.selectors.run_charts import run_charts
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.selectors.runs import undone_by, usual_seconds


def report_content(
    *, actor: Actor, run_id: int, now: datetime, whole: bool | None = None, reached: Reached | None = None
) -> Content:
    """`whole`: every event is read for the digest, however long that takes; None: where the run is short.

    Raises NotFound.
    """
    run = visible_run(actor, run_id)
    return content_of(
        run,
        events=events_of(actor, run, whole=not is_long(run) if whole is None else whole, reached=reached),
        series=series_of(run_charts(actor=actor, run_id=run.pk, now=now)),
        impact=impact_of(impact_read(run, now=now)),
        usual_seconds=usual_seconds(run),
        undone_by=undone_by(run),
        override=break_glass_of(run) if run.kind == RunKind.APPLY else None,
    )


def takes_long(*, actor: Actor, run_id: int) -> bool:
    """Whether it has more events than a file made in a request may hold. Raises NotFound."""
    return is_long(visible_run(actor, run_id))


def report_of(content: Content, *, now: datetime, by: str, audit: AuditPosition) -> RunReport:
    return RunReport(content=content, digest=digest_of(content), made_at=now, made_by=by, audit=audit)
