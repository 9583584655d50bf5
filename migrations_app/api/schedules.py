"""Schedules: runs that start with nobody there."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import schedules as reads
from migrations_app.selectors.schedules import ScheduleRow
from migrations_app.services import schedules

router = Router(tags=["schedules"])
of_a_migration = Router(tags=["schedules"])


class Which(ShortPaging):
    environment: str = ""
    state: str = ""


class Wish(Input):
    """`timing` is at (with `at`), next_window, when_ready (as soon as nothing stands in its way: its targets are free,
    the migrations that it runs after have completed), or recurring (dry runs only, with `zone`, `first`, `recurrence`).

    `digest` is the plan that was read; another one does not start. It starts at most `grace_minutes` late.
    `window_closes` says what happens to a run at whose end the window has closed: finish, pause or roll_back.
    """

    timing: str
    kind: str = "apply"
    digest: str = ""
    at: datetime | None = None
    zone: str = "UTC"
    first: datetime | None = None
    recurrence: str = ""
    grace_minutes: int = 15
    window_closes: str = "finish"


class NewSchedule(Wish):
    migration_id: int


class ScheduleChange(Input):
    """What is left out stays; `at` makes it one of a single time."""

    at: datetime | None = None
    grace_minutes: int | None = None
    window_closes: str | None = None


@router.get("", response=Page[ScheduleRow])
def list_schedules(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_schedules(actor=request.auth, **which.filters()), which)


@router.post("", response={201: ScheduleRow})
def create_schedule(request: ApiRequest, response: HttpResponse, body: NewSchedule) -> Any:
    return _created(request, response, **body.model_dump())


@of_a_migration.post("/{int:migration_id}/schedule", response={201: ScheduleRow})
def schedule_migration(request: ApiRequest, response: HttpResponse, migration_id: int, body: Wish) -> Any:
    """Have it run without anybody there. One schedule of a kind waits at a time."""
    return _created(request, response, migration_id=migration_id, **body.model_dump())


@router.get("/{int:schedule_id}", response=ScheduleRow)
def get_schedule(request: ApiRequest, response: HttpResponse, schedule_id: int) -> Any:
    return tagged(response, reads.visible_schedule(actor=request.auth, schedule_id=schedule_id))


@router.patch("/{int:schedule_id}", response=ScheduleRow)
def change_schedule(request: ApiRequest, response: HttpResponse, schedule_id: int, body: ScheduleChange) -> Any:
    change = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    schedules.edit(actor=request.auth, now=now(), schedule_id=schedule_id, **change)
    return tagged(response, reads.schedule_row(schedule_id=schedule_id))


@router.post("/{int:schedule_id}/cancel", response=ScheduleRow)
def cancel_schedule(request: ApiRequest, schedule_id: int) -> Any:
    """Nothing starts from it any more; a run that it has started goes on."""
    schedules.cancel(actor=request.auth, now=now(), schedule_id=schedule_id)
    return reads.schedule_row(schedule_id=schedule_id)


def _created(request: ApiRequest, response: HttpResponse, **wish: Any) -> Status[Any]:
    schedule_id = schedules.create(actor=request.auth, now=now(), **wish)
    return Status(201, tagged(response, reads.schedule_row(schedule_id=schedule_id)))
