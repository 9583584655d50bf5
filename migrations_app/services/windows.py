"""Maintenance windows of an environment. Made and changed by admins."""

from datetime import datetime
from typing import Any

from migrations_app.engine.recurrence import MOST_TEXT
from migrations_app.engine.windows import LEAST_MINUTES, MOST_MINUTES, rhythm_of
from migrations_app.models import Environment, MaintenanceWindow
from migrations_app.models.window import ZONE_LENGTH
from migrations_app.services import audit, finding, schedules
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.versions import Seen, next_version

MOST_WINDOWS = 50


@operation("window.create", about="environment")
def create(
    *,
    actor: Actor,
    now: datetime,
    environment_id: int,
    name: str,
    zone: str,
    first: datetime,
    minutes: int,
    recurrence: str = "",
) -> int:
    """Returns its id. `first` is local time of the zone, without an offset. Raises InvalidInput.

    The first window of an environment closes it for the rest of the time; runs that were started without one go on.
    """
    environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_ENVIRONMENTS, lock=True)
    row = MaintenanceWindow(environment=environment, created_by=finding.person(actor), created_at=now)
    check = Check()
    _room(check, environment)
    _fill(check, row, now=now, name=name, zone=zone, first=first, minutes=minutes, recurrence=recurrence)
    row.save()
    schedules.follow_windows(environment_id, now=now)
    _record(actor, now, "window.create", row, None)
    return row.pk


@operation("window.edit", about="window")
def edit(
    *,
    actor: Actor,
    now: datetime,
    window_id: int,
    name: str | None = None,
    zone: str | None = None,
    first: datetime | None = None,
    minutes: int | None = None,
    recurrence: str | None = None,
    archived: bool | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. Without windows an environment is open at any time; one that is brought back may be the first
    again, and closes it for the rest of the time."""
    row = _locked(actor, window_id)
    next_version(row, f"The window “{row.name}”", seen)
    before = _facts(row)
    check = Check()
    if archived is not None:
        row.archived_at = (row.archived_at or now) if check.flag("archived", archived) else None
    if before["archived"] and row.archived_at is None:
        _room(check, row.environment)
    _fill(
        check,
        row,
        now=now,
        name=row.name if name is None else name,
        zone=row.zone if zone is None else zone,
        first=first or datetime.combine(row.first_date, row.first_time),
        minutes=row.minutes if minutes is None else minutes,
        recurrence=row.recurrence if recurrence is None else recurrence,
    )
    if _facts(row) == before:
        return
    row.save()
    schedules.follow_windows(row.environment_id, now=now)
    _record(actor, now, "window.edit", row, before)


def _locked(actor: Actor, window_id: int) -> MaintenanceWindow:
    """Windows of one environment change one after the other: the environment's row is locked."""
    found = finding.one(
        MaintenanceWindow.objects.select_related("environment"),
        window_id,
        "window",
        actor=actor,
        permission=Permission.MANAGE_ENVIRONMENTS,
        look="the calendar",
    )
    Environment.objects.select_for_update().get(pk=found.environment_id)
    return MaintenanceWindow.objects.select_related("environment").get(pk=found.pk)


def _room(check: Check, environment: Environment) -> None:
    if MaintenanceWindow.objects.filter(environment=environment, archived_at=None).count() >= MOST_WINDOWS:
        check.problem("name", f"{environment.name} has {MOST_WINDOWS} windows.", "Archive one of them.", "too_many")


def _fill(
    check: Check,
    row: MaintenanceWindow,
    *,
    now: datetime,
    name: object,
    zone: object,
    first: object,
    minutes: object,
    recurrence: object,
) -> None:
    row.name = check.text("name", name, most=60, required=True)
    row.zone = check.text("zone", zone, most=ZONE_LENGTH, required=True)
    row.recurrence = check.text("recurrence", recurrence, most=MOST_TEXT).upper().removeprefix("RRULE:")
    row.minutes = check.integer("minutes", minutes, least=LEAST_MINUTES, most=MOST_MINUTES)
    row.changed_at = now
    if not isinstance(first, datetime) or first.tzinfo is not None:
        check.problem(
            "first", "This has to be a local time.", "Such as 2027-01-31T02:00, without an offset.", "not_a_time"
        )
    elif row.zone:
        row.first_date, row.first_time = first.date(), first.time().replace(second=0, microsecond=0)
        check.add(rhythm_of(zone=row.zone, first=first, rule=row.recurrence)[1])
    others = MaintenanceWindow.objects.filter(environment=row.environment, archived_at=None).exclude(pk=row.pk)
    if row.archived_at is None and others.filter(name=row.name).exists():
        check.problem("name", f"There is a window “{row.name}” already.", "Choose another name.", "taken")
    check.done()


def _facts(row: MaintenanceWindow) -> dict[str, Any]:
    return {
        "name": row.name,
        "zone": row.zone,
        "first": f"{row.first_date.isoformat()}T{row.first_time:%H:%M}",
        "recurrence": row.recurrence,
        "minutes": row.minutes,
        "archived": row.archived_at is not None,
    }


def _record(actor: Actor, now: datetime, action: str, row: MaintenanceWindow, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="window",
        object_id=row.pk,
        environment=row.environment.name,
        before=before,
        after=_facts(row),
    )
