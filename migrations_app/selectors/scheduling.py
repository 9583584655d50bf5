"""What one wants to know before a time for a run is chosen."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from migrations_app.engine.schedules import openings_ahead
from migrations_app.engine.windows import Opening, hours
from migrations_app.models import Freeze
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.schedules import ScheduleRow, schedules_of
from migrations_app.selectors.windows import windows_of


@dataclass(frozen=True, slots=True)
class SchedulingPage:
    """`may`: whether this viewer may schedule anything here. `openings` are the next three that no freeze covers.
    `open_until`: a window is open now, and closes then.
    """

    migration_id: int
    title: str
    environment_id: int
    environment: str
    protected: bool
    may: bool
    digest: str
    number: int
    estimated_seconds: int
    openings: tuple[Opening, ...]
    open_until: datetime | None
    has_windows: bool
    schedules: tuple[ScheduleRow, ...]

    @property
    def waiting(self) -> tuple[ScheduleRow, ...]:
        return tuple(row for row in self.schedules if row.waits)

    @property
    def next_is_short(self) -> bool:
        """Whether the next window closes before the plan's estimate is over."""
        if not self.openings:
            return False
        return (self.openings[0].closes_at - self.openings[0].opens_at).total_seconds() < self.estimated_seconds


def scheduling_page(*, actor: Actor, migration_id: int, now: datetime) -> SchedulingPage:
    """Raises NotFound."""
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    revision = migration.revisions.order_by("-number").first()
    freezes = Freeze.objects.filter(
        Q(environment=migration.environment_id) | Q(environment=None), lifted_at=None, ends_at__gt=now
    )
    frozen = [Opening(row.begins_at, row.ends_at, row.reason) for row in freezes]
    windows = windows_of(migration.environment_id)
    return SchedulingPage(
        migration_id=migration.pk,
        title=migration.title,
        environment_id=migration.environment_id,
        environment=migration.environment.name,
        protected=migration.environment.protected,
        may=access.can(Permission.VALIDATE, migration.environment_id),
        digest=revision.digest if revision else "",
        number=revision.number if revision else 0,
        estimated_seconds=revision.estimated_seconds if revision else 0,
        openings=tuple(openings_ahead(windows, now, frozen)[:3]),
        open_until=found.open_until if (found := hours(windows, now)) else None,
        has_windows=bool(windows),
        schedules=schedules_of(migration),
    )
