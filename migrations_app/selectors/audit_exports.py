"""The files of the trail that a person has asked for, with how far they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.models import AuditExport
from migrations_app.models.actor import Actor
from migrations_app.selectors.audit_chain import auditor
from migrations_app.selectors.audit_formats import ExportFormat

KEPT = timedelta(days=1)  # that a written file can be downloaded


@dataclass(frozen=True, slots=True)
class AuditExportRow:
    """`entries` were written so far, `percentage` (0 to 100) of the trail was looked through. `size` is in bytes."""

    id: int
    asked_at: datetime
    format: ExportFormat
    filters: str
    state: str
    entries: int
    percentage: int
    size: int
    problem: str
    kept_until: datetime | None

    @property
    def is_under_way(self) -> bool:
        return self.state in AuditExport.UNDER_WAY

    @property
    def is_ready(self) -> bool:
        return self.state == AuditExport.READY


def audit_exports(*, actor: Actor) -> tuple[AuditExportRow, ...]:
    """One's own, newest first, without those that were removed. Raises PermissionDenied."""
    auditor(actor)
    rows = AuditExport.objects.filter(person=actor.person_id).exclude(state=AuditExport.REMOVED)
    return tuple(_row(row) for row in rows.order_by("-pk"))


def _said(name: str, value: str | int) -> str:
    if name in ("since", "until"):
        value = f"{datetime.fromisoformat(str(value)):%Y-%m-%d %H:%M} UTC"
    return f"{name.replace('_', ' ')} {value}"


def _row(row: AuditExport) -> AuditExportRow:
    return AuditExportRow(
        id=row.pk,
        asked_at=row.asked_at,
        format=ExportFormat(row.format),
        filters=", ".join(_said(name, value) for name, value in sorted(row.filters.items())),
        state=row.state,
        entries=row.entries,
        percentage=100 if row.state == AuditExport.READY else min(100, 100 * row.reached // max(row.through, 1)),
        size=row.size,
        problem=row.problem,
        kept_until=row.ended_at + KEPT if row.ended_at else None,
    )
