"""One month of an installation: windows, freezes, scheduled runs and past runs, day by day, in UTC."""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from migrations_app.engine.vocabulary import RunKind, RunState, ScheduledStartState, ScheduleState, ScheduleTiming
from migrations_app.models import Environment, Freeze, MaintenanceWindow, Run, Schedule, ScheduledStart
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.freezes import EVERYWHERE
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.windows import rhythm, window_of

MOST_ENTRIES = 2000
MOST_RUNS = 500  # the newest; of windows, freezes, schedules and what was missed none is left out for a run
MOST_A_DAY = 10  # of which only runs are left out, those that went well first
MOST_IN_A_CELL = 4
YEARS = range(2000, 2100)
FEED_BACK = timedelta(days=31)
FEED_AHEAD = timedelta(days=183)


class EntryKind(StrEnum):
    WINDOW = "window"
    FREEZE = "freeze"
    SCHEDULE = "schedule"
    MISSED = "missed"
    RUN = "run"


_WEIGHTS: Mapping[EntryKind, int] = {
    EntryKind.MISSED: 0,
    EntryKind.FREEZE: 0,
    EntryKind.RUN: 1,
    EntryKind.SCHEDULE: 2,
    EntryKind.WINDOW: 2,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`until` is None for what has no end yet. A freeze of all environments has neither id nor name of one.

    `waits`: a run that starts as soon as it is ready, at no time; it stands on today.
    """

    kind: EntryKind
    at: datetime
    until: datetime | None
    title: str
    environment: str
    environment_id: int | None
    migration_id: int | None = None
    run_id: int | None = None
    run_state: RunState | None = None
    waits: bool = False

    @property
    def ends_another_day(self) -> bool:
        return self.until is not None and self.until.astimezone(UTC).date() != self.at.astimezone(UTC).date()

    @property
    def lasts(self) -> bool:
        """Whether its end is another time of day than its beginning, by the minute."""
        return self.until is not None and (self.until - self.at >= timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Day:
    """In order of time. `left_out`: so many runs of the day are not among its entries."""

    date: date
    in_month: bool
    today: bool
    entries: tuple[Entry, ...]
    left_out: int

    @property
    def foremost(self) -> tuple[Entry, ...]:
        """What stands in the day's cell, in order of time: what went wrong or holds things up before what is usual."""
        chosen = set(sorted(self.entries, key=_weight)[:MOST_IN_A_CELL])
        return tuple(entry for entry in self.entries if entry in chosen)

    @property
    def more(self) -> int:
        """How many are not in the cell."""
        return len(self.entries) + self.left_out - len(self.foremost)


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks from Monday on. `cut_short`: there is more than is shown. `runs_since`: runs before it are left out;
    None: there are all."""

    first: date
    previous: date
    next: date
    weeks: tuple[tuple[Day, ...], ...]
    environments: tuple[str, ...]
    cut_short: bool
    runs_since: datetime | None

    @property
    def days(self) -> tuple[Day, ...]:
        """Of the month alone, with something on them."""
        return tuple(day for week in self.weeks for day in week if day.in_month and day.entries)


def month_of(*, actor: Actor, now: datetime, year: int, month: int, environment: str = "") -> Month:
    """Raises ValueError for a month that is none. What the actor may not see is not there."""
    if year not in YEARS:
        raise ValueError(f"{year} is no year of this calendar")
    first = date(year, month, 1)
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    begins, ends = _midnight(weeks[0][0]), _midnight(weeks[-1][-1]) + timedelta(days=1)
    seen = access_of(actor).within(Permission.VIEW, "pk")
    environments = list(Environment.objects.filter(seen).order_by("position").values_list("pk", "name"))
    wanted = {pk: name for pk, name in environments if environment in ("", name)}
    runs = list(_runs(wanted, begins, ends))
    found = entries(wanted, begins, ends)
    found = [replace(entry, at=max(entry.at, now)) if entry.waits else entry for entry in found]
    by_day: dict[date, list[Entry]] = {}
    for entry in (*found[:MOST_ENTRIES], *runs):
        for day in _days(entry, begins, ends):
            by_day.setdefault(day, []).append(entry)
    today = now.astimezone(UTC).date()
    return Month(
        first=first,
        previous=(first - timedelta(days=1)).replace(day=1),
        next=(first + timedelta(days=31)).replace(day=1),
        weeks=tuple(
            tuple(Day(day, day.month == month, day == today, *_shown(by_day.get(day, ()))) for day in week)
            for week in weeks
        ),
        environments=tuple(name for _, name in environments),
        cut_short=len(found) > MOST_ENTRIES,
        runs_since=min(run.at for run in runs) if len(runs) == MOST_RUNS else None,
    )


def feed_of(*, actor: Actor, environment_id: int, now: datetime) -> tuple[str, list[Entry]]:
    """The environment's name, and what is on its calendar from a month ago to half a year ahead. Raises NotFound."""
    access = access_of(actor)
    usable = 0 < environment_id < 2**63
    found = Environment.objects.filter(pk=environment_id).first() if usable else None
    if found is None or not any(access.can(may, found.pk) for may in (Permission.VIEW, Permission.SEE_CALENDAR)):
        absent = NotFound("There is no calendar here that you may see.", "Ask an admin for a role in the environment.")
        raise absent.unless_hidden(Environment.objects.filter(pk=environment_id if usable else 0), "name")
    here, begins, ends = {found.pk: found.name}, now - FEED_BACK, now + FEED_AHEAD
    timed = (entry for entry in entries(here, begins, ends)[:MOST_ENTRIES] if not entry.waits)
    return found.name, _in_order([*timed, *_runs(here, begins, ends)])


def entries(environments: dict[int, str], begins: datetime, ends: datetime) -> list[Entry]:
    """All but runs of these environments (id -> name), in order of time; freezes of all environments are among them."""
    found = [
        *_windows(environments, begins, ends),
        *_freezes(environments, begins, ends),
        *_scheduled(environments, begins, ends),
        *_missed(environments, begins, ends),
    ]
    return _in_order(found)


def _in_order(found: Iterable[Entry]) -> list[Entry]:
    return sorted(found, key=lambda entry: (entry.at, entry.kind, entry.title))


def _windows(environments: dict[int, str], begins: datetime, ends: datetime) -> Iterator[Entry]:
    for row in MaintenanceWindow.objects.filter(environment__in=environments, archived_at=None):
        for opening in window_of(row).openings(after=begins, before=ends):
            where = environments[row.environment_id]
            yield Entry(EntryKind.WINDOW, opening.opens_at, opening.closes_at, row.name, where, row.environment_id)


def _freezes(environments: dict[int, str], begins: datetime, ends: datetime) -> Iterator[Entry]:
    here = Q(environment__in=environments) | Q(environment=None)
    for row in Freeze.objects.filter(here, begins_at__lt=ends, ends_at__gt=begins):
        over_at = min(row.ends_at, row.lifted_at) if row.lifted_at else row.ends_at
        if over_at > max(begins, row.begins_at):
            where = environments[row.environment_id] if row.environment_id else EVERYWHERE
            yield Entry(EntryKind.FREEZE, row.begins_at, over_at, row.reason, where, row.environment_id)


def _scheduled(environments: dict[int, str], begins: datetime, ends: datetime) -> Iterator[Entry]:
    waiting = Schedule.objects.filter(
        migration__environment__in=environments, state=ScheduleState.WAITING, due_at__lt=ends
    )
    for row in waiting.select_related("migration"):
        times = [row.due_at]
        if row.timing == ScheduleTiming.RECURRING and row.first_date and row.first_time:
            first = datetime.combine(row.first_date, row.first_time)
            times = rhythm(row.zone, first, row.recurrence).instants(after=max(begins, row.due_at), before=ends)
        title = f"{row.migration.title}{' (dry run)' if row.kind == RunKind.DRY_RUN else ''}"
        where = row.migration.environment_id
        for at in times:
            if at >= begins:
                waits = row.timing == ScheduleTiming.WHEN_READY
                kind, name = EntryKind.SCHEDULE, environments[where]
                yield Entry(kind, at, None, title, name, where, row.migration_id, waits=waits)


def _missed(environments: dict[int, str], begins: datetime, ends: datetime) -> Iterator[Entry]:
    rows = ScheduledStart.objects.filter(
        schedule__migration__environment__in=environments,
        state=ScheduledStartState.MISSED,
        due_at__gte=begins,
        due_at__lt=ends,
    )
    for row in rows.select_related("schedule__migration").order_by("due_at")[:MOST_ENTRIES]:
        migration = row.schedule.migration
        where = migration.environment_id
        yield Entry(EntryKind.MISSED, row.due_at, None, migration.title, environments[where], where, migration.pk)


def _runs(environments: dict[int, str], begins: datetime, ends: datetime) -> Iterator[Entry]:
    """The newest of them first."""
    rows = Run.objects.filter(
        environment__in=environments,
        kind__in=(RunKind.APPLY, RunKind.ROLLBACK),
        created_at__gte=begins,
        created_at__lt=ends,
    )
    wanted = ("pk", "kind", "state", "created_at", "ended_at", "migration_id", "migration__title", "environment_id")
    found = rows.order_by("-created_at").values_list(*wanted)[:MOST_RUNS]
    for run_id, kind, state, began, ended, migration_id, name, where in found:
        title = f"{name}{' (rollback)' if kind == RunKind.ROLLBACK else ''}"
        yield Entry(
            EntryKind.RUN, began, ended, title, environments[where], where, migration_id, run_id, RunState(state)
        )


def _shown(found: Sequence[Entry]) -> tuple[tuple[Entry, ...], int]:
    """In order of time, and how many runs are left out."""
    others = [entry for entry in found if entry.kind is not EntryKind.RUN]
    runs = sorted((entry for entry in found if entry.kind is EntryKind.RUN), key=_weight)
    kept = runs[: max(0, MOST_A_DAY - len(others))]
    return tuple(_in_order([*others, *kept])), len(runs) - len(kept)


def _weight(entry: Entry) -> tuple[int, datetime]:
    """What somebody who looks at the day has to know comes first; of two alike the earlier one."""
    went_well = entry.run_state in (RunState.SUCCEEDED, RunState.CANCELLED)
    return _WEIGHTS[entry.kind] + (2 if went_well else 0), entry.at


def _days(entry: Entry, begins: datetime, ends: datetime) -> Iterator[date]:
    """Freezes stand on each of their days, everything else on the first."""
    day = max(entry.at, begins).astimezone(UTC).date()
    yield day
    if entry.kind is EntryKind.FREEZE and entry.until:
        last = min(entry.until, ends) - timedelta(seconds=1)
        while (day := day + timedelta(days=1)) <= last.astimezone(UTC).date():
            yield day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
