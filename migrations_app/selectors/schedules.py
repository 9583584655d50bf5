"""Schedules and what became of their times."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import (
    RunKind,
    RunState,
    ScheduledStartState,
    ScheduleState,
    ScheduleTiming,
    WhenWindowCloses,
)
from migrations_app.models import Migration, Schedule, ScheduledStart
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound

LARGEST_ID = 2**63 - 1
MOST = 200
_STARTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class StartRow:
    """`said`: why it has not started, or what happened when its window closed."""

    due_at: datetime
    state: ScheduledStartState
    run_id: int | None
    run_state: RunState | None
    said: str


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """`starts` are its newest times. `digest` is empty for dry runs, which take the newest plan."""

    id: int
    migration_id: int
    migration: str
    environment_id: int
    environment: str
    kind: RunKind
    timing: ScheduleTiming
    digest: str
    due_at: datetime
    grace_minutes: int
    window_closes: WhenWindowCloses
    zone: str
    recurrence: str
    state: ScheduleState
    version: int
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    starts: tuple[StartRow, ...]

    @property
    def waits(self) -> bool:
        return self.state is ScheduleState.WAITING

    @property
    def said(self) -> str:
        return self.starts[0].said if self.starts else ""


def list_schedules(*, actor: Actor, environment: str = "", state: str = "") -> tuple[ScheduleRow, ...]:
    """Those of the environments that the actor may see, at most the newest 200."""
    rows = Schedule.objects.filter(access_of(actor).within(Permission.VIEW, "migration__environment"))
    if environment:
        rows = rows.filter(migration__environment__name=environment)
    if state:
        rows = rows.filter(state=state)
    return _rows(rows.select_related("migration__environment", "created_by").order_by("-pk")[:MOST])


def schedules_of(migration: Migration, most: int = 3) -> tuple[ScheduleRow, ...]:
    """Those that wait, then the newest of the others."""
    rows = Schedule.objects.filter(migration=migration).select_related("migration__environment", "created_by")
    found = _rows(rows.order_by("-pk")[: most + 2])
    return tuple(sorted(found, key=lambda row: not row.waits))[:most]


def schedule_row(*, schedule_id: int) -> ScheduleRow:
    return _rows(Schedule.objects.select_related("migration__environment", "created_by").filter(pk=schedule_id))[0]


def visible_schedule(*, actor: Actor, schedule_id: int) -> ScheduleRow:
    """Raises NotFound, the same for one of an environment that is hidden."""
    here = access_of(actor).within(Permission.VIEW, "migration__environment")
    rows = Schedule.objects.select_related("migration__environment", "created_by")
    found = _rows(rows.filter(here, pk=schedule_id)) if schedule_id <= LARGEST_ID else ()
    if not found:
        absent = NotFound(f"There is no schedule {str(schedule_id)[:20]}.", "Look at the list of schedules.")
        raise absent.unless_hidden(
            Schedule.objects.filter(pk=min(schedule_id, LARGEST_ID)), "migration__environment__name"
        )
    return found[0]


def _rows(found: Iterable[Schedule]) -> tuple[ScheduleRow, ...]:
    schedules = list(found)
    starts: dict[int, list[StartRow]] = {}
    for start in ScheduledStart.objects.filter(schedule__in=schedules).select_related("run"):
        mine = starts.setdefault(start.schedule_id, [])
        if len(mine) < _STARTS_SHOWN:
            state = RunState(start.run.state) if start.run else None
            mine.append(StartRow(start.due_at, ScheduledStartState(start.state), start.run_id, state, start.said))
    return tuple(
        ScheduleRow(
            id=row.pk,
            migration_id=row.migration_id,
            migration=row.migration.title,
            environment_id=row.migration.environment_id,
            environment=row.migration.environment.name,
            kind=RunKind(row.kind),
            timing=ScheduleTiming(row.timing),
            digest=row.digest,
            due_at=row.due_at,
            grace_minutes=row.grace_minutes,
            window_closes=WhenWindowCloses(row.window_closes),
            zone=row.zone,
            recurrence=row.recurrence,
            state=ScheduleState(row.state),
            version=row.version,
            created_by=str(row.created_by),
            created_at=row.created_at,
            ended_at=row.ended_at,
            starts=tuple(starts.get(row.pk, ())),
        )
        for row in schedules
    )
