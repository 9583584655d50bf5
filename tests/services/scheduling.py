"""A migration that may be executed at once, and schedules of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from migrations_app.models import AuditEntry, Environment, Migration, Notification, Schedule, ScheduledStart
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import schedules, unattended, windows
from migrations_app.services.unattended import Attended
from migrations_app.testing.memory import ManualClock
from tests.cast import Cast
from tests.session_runs import SessionMigrationRows, sqlite_migration

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Scheduling:
    """`now` is the real time: probes of targets are judged by it. Times of schedules are chosen around it."""

    cast: Cast
    rows: SessionMigrationRows
    now: datetime

    @property
    def migration(self) -> Migration:
        return Migration.objects.get(pk=self.rows.revision.migration_id)

    @property
    def environment(self) -> Environment:
        return self.migration.environment

    def window(self, opens_at: datetime, minutes: int = 60) -> int:
        return windows.create(
            actor=self.cast.actors["admin"],
            now=self.now,
            environment_id=self.environment.pk,
            name=f"window {opens_at:%H:%M:%S}",
            zone="UTC",
            first=opens_at.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0),
            minutes=minutes,
        )

    def schedule(self, due_at: datetime, **values: Any) -> int:
        """Made an hour before it is due, whenever that is."""
        wish = {"timing": "at", "at": due_at, **values}
        made_at = due_at - timedelta(hours=1)
        return schedules.create(actor=self.cast.actors["operator"], now=made_at, migration_id=self.migration.pk, **wish)

    def attend(self, at: datetime | None = None) -> Attended:
        return unattended.run_due(clock=ManualClock(at) if at else SystemClock())


def scheduling(cast: Cast, directory: Path, **options: Any) -> Scheduling:
    values = {"count": 20, "dry_run_required": False, **options}
    rows = sqlite_migration(directory, **values)
    now = datetime.now(UTC).replace(microsecond=0)
    Migration.objects.update(created_by=cast.people["second_approver"])
    return Scheduling(cast, rows, now)


def only(schedule_id: int) -> tuple[Schedule, ScheduledStart | None]:
    return Schedule.objects.get(pk=schedule_id), ScheduledStart.objects.filter(schedule=schedule_id).first()


def told(kind: str) -> set[str]:
    """User names."""
    return set(Notification.objects.filter(kind=kind).values_list("person__username", flat=True))


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("seq").values_list("action", flat=True))
