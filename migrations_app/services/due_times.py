"""When a schedule is due: checked against the windows and freezes that are known when it is made."""

from datetime import datetime

from django.db.models import Q

from migrations_app.engine.schedules import LOOK_AHEAD, openings_ahead
from migrations_app.engine.vocabulary import RunKind, ScheduleTiming
from migrations_app.engine.windows import Opening, hours, rhythm_of
from migrations_app.models import Freeze, Migration, Schedule
from migrations_app.selectors.windows import windows_of
from migrations_app.services.checking import Check


def due_at_of(
    check: Check, row: Schedule, *, now: datetime, at: object, zone: str, first: object, recurrence: str
) -> datetime | None:
    if row.timing == ScheduleTiming.AT:
        return at_of(check, row, now, at)
    if row.timing == ScheduleTiming.NEXT_WINDOW:
        return _next_window(check, row.migration, now)
    if row.timing == ScheduleTiming.WHEN_READY:
        return now
    if row.timing != ScheduleTiming.RECURRING:
        return None
    if row.kind == RunKind.APPLY:
        check.problem(
            "timing",
            "Only dry runs recur: a plan is applied once.",
            "Choose a time or the next window.",
            "not_possible",
        )
    if not isinstance(first, datetime) or first.tzinfo is not None:
        check.problem(
            "first", "This has to be a local time.", "Such as 2027-01-31T02:00, without an offset.", "not_a_time"
        )
        return None
    if not recurrence:
        check.problem("recurrence", "The rule is missing.", "Such as FREQ=DAILY.", "required")
        return None
    first = first.replace(second=0, microsecond=0)
    times, problems = rhythm_of(zone=zone, first=first, rule=recurrence)
    check.add(problems)
    if times is None:
        return None
    row.zone, row.recurrence = zone, recurrence.strip().upper().removeprefix("RRULE:")
    row.first_date, row.first_time = first.date(), first.time()
    due_at = times.next(now)
    if due_at is None:
        check.problem(
            "recurrence", "It has no time from now on, ten years ahead.", "Look at its first time and its end.", "never"
        )
    return due_at


def at_of(check: Check, row: Schedule, now: datetime, at: object) -> datetime | None:
    """A moment within the next year at which nothing that is known keeps it from starting; None: a problem."""
    due_at = check.moment("at", at)
    if due_at is None:
        if at is None:
            check.problem("at", "The time is missing.", "Such as 2027-01-31T02:00:00Z.", "required")
        return None
    if not now < due_at <= now + LOOK_AHEAD:
        check.problem("at", "This is not within the next year.", "Choose a time from now on.", "out_of_range")
    elif row.kind == RunKind.APPLY:
        _open_then(check, row.migration, now, due_at)
    return due_at


def _open_then(check: Check, migration: Migration, now: datetime, due_at: datetime) -> None:
    """What is known to be closed then is said now, and not in the night."""
    for ice in freezes_ahead(migration, now):
        if ice.opens_at <= due_at < ice.closes_at:
            fix = f"Choose a time from {ice.closes_at:%Y-%m-%d %H:%M} UTC on."
            check.problem("at", f"Changes are frozen then: {ice.name}.", fix, "frozen")
    then = hours(windows_of(migration.environment_id), due_at)
    if then is not None and then.open_until is None:
        fix = (
            f"The next one opens {then.opens_at:%Y-%m-%d %H:%M} UTC." if then.opens_at else "Ask an admin for a window."
        )
        check.problem("at", "No maintenance window is open then.", fix, "outside_window")


def _next_window(check: Check, migration: Migration, now: datetime) -> datetime | None:
    ahead = openings_ahead(windows_of(migration.environment_id), now, freezes_ahead(migration, now))
    if not ahead:
        where = migration.environment.name
        check.problem(
            "timing",
            f"No window of {where} opens within a year.",
            "Choose a time, or ask an admin for a window.",
            "no_window",
        )
        return None
    return ahead[0].opens_at


def freezes_ahead(migration: Migration, now: datetime) -> list[Opening]:
    here = Q(environment=migration.environment_id) | Q(environment=None)
    rows = Freeze.objects.filter(here, lifted_at=None, ends_at__gt=now)
    return [Opening(row.begins_at, row.ends_at, row.reason) for row in rows]
