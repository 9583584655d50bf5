"""The files of a run's report that a person has asked for, with how far they are."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import ReportFile
from migrations_app.models.actor import Actor
from migrations_app.selectors.audit_exports import KEPT
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.run_visibility import visible_run


@dataclass(frozen=True, slots=True)
class ReportFileRow:
    """`percentage` (0 to 100) of the events were read. `size` is in bytes. `kept_until` is of files that have ended."""

    id: int
    run_id: int
    form: ReportForm
    asked_at: datetime
    state: str
    percentage: int
    size: int
    problem: str
    kept_until: datetime | None

    @property
    def is_under_way(self) -> bool:
        return self.state in ReportFile.UNDER_WAY

    @property
    def is_ready(self) -> bool:
        return self.state == ReportFile.READY


def report_files(*, actor: Actor, run_id: int) -> tuple[ReportFileRow, ...]:
    """One's own, newest first, without those that were removed. Raises NotFound."""
    run = visible_run(actor, run_id)
    rows = ReportFile.objects.filter(run=run, person=actor.person_id).exclude(state=ReportFile.REMOVED)
    return tuple(map(_row, rows))


def _row(row: ReportFile) -> ReportFileRow:
    return ReportFileRow(
        id=row.pk,
        run_id=row.run_id,
        form=ReportForm(row.form),
        asked_at=row.asked_at,
        state=row.state,
        percentage=100 if row.state == ReportFile.READY else min(100, 100 * row.reached // max(row.through, 1)),
        size=row.size,
        problem=row.problem,
        kept_until=row.ended_at + KEPT if row.ended_at else None,
    )
