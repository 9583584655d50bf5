"""Maintenance windows: the rows of an environment, and whether one is open."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.engine.windows import Hours, Rhythm, Window, hours, rhythm_of
from migrations_app.models import MaintenanceWindow
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.refusals import NotFound

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class WindowRow:
    """`first` is local time of `zone`. `open_until` is None while it is closed; `opens_at` is its next opening then."""

    id: int
    environment_id: int
    environment: str
    name: str
    zone: str
    first: datetime
    recurrence: str
    minutes: int
    open_until: datetime | None
    opens_at: datetime | None
    archived: bool
    version: int
    created_by: str
    changed_at: datetime

    @property
    def seconds(self) -> int:
        return self.minutes * 60


def list_windows(
    *, actor: Actor, now: datetime, environment: str = "", archived: bool = False, access: Access | None = None
) -> tuple[WindowRow, ...]:
    """Those of the environments that the actor may see, in order of promotion and name.

    `access`: the actor's, where it has been read already.
    """
    rows = MaintenanceWindow.objects.filter((access or access_of(actor)).within(Permission.VIEW))
    if environment:
        rows = rows.filter(environment__name=environment)
    if not archived:
        rows = rows.filter(archived_at=None)
    return window_rows(rows, now)


def window_row(*, window_id: int, now: datetime) -> WindowRow:
    return window_rows(MaintenanceWindow.objects.filter(pk=window_id), now)[0]


def visible_window(*, actor: Actor, window_id: int, now: datetime) -> WindowRow:
    """Raises NotFound, the same for one that is hidden."""
    here = access_of(actor).within(Permission.VIEW)
    found = window_rows(MaintenanceWindow.objects.filter(here, pk=window_id), now) if window_id <= LARGEST_ID else ()
    if not found:
        absent = NotFound(f"There is no window {str(window_id)[:20]} that you may see.", "Look at the calendar.")
        raise absent.unless_hidden(MaintenanceWindow.objects.filter(pk=min(window_id, LARGEST_ID)))
    return found[0]


def window_rows(rows: QuerySet[MaintenanceWindow], now: datetime) -> tuple[WindowRow, ...]:
    return tuple(_row(row, now) for row in rows.select_related("environment", "created_by"))


def windows_of(environment_id: int) -> list[Window]:
    """For the engine."""
    return [window_of(row) for row in MaintenanceWindow.objects.filter(environment=environment_id, archived_at=None)]


def hours_of(environment_id: int, now: datetime) -> Hours | None:
    """None: the environment has no windows, so it is always open."""
    return hours(windows_of(environment_id), now)


def window_of(row: MaintenanceWindow) -> Window:
    return Window(
        row.name, rhythm(row.zone, datetime.combine(row.first_date, row.first_time), row.recurrence), row.minutes
    )


def rhythm(zone: str, first: datetime, recurrence: str) -> Rhythm:
    """Of values that were checked before they were stored. Raises ValueError where they say nothing any more."""
    found, problems = rhythm_of(zone=zone, first=first, rule=recurrence)
    if found is None:
        raise ValueError(" ".join(problem.message for problem in problems))
    return found


def _row(row: MaintenanceWindow, now: datetime) -> WindowRow:
    window = window_of(row)
    found = hours([window], now)
    return WindowRow(
        id=row.pk,
        environment_id=row.environment_id,
        environment=row.environment.name,
        name=row.name,
        zone=row.zone,
        first=datetime.combine(row.first_date, row.first_time),
        recurrence=row.recurrence,
        minutes=row.minutes,
        open_until=found.open_until if found else None,
        opens_at=found.opens_at if found else None,
        archived=row.archived_at is not None,
        version=row.version,
        created_by=str(row.created_by),
        changed_at=row.changed_at,
    )
