from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import windows as reads
from migrations_app.selectors.windows import WindowRow
from migrations_app.services import windows

router = Router(tags=["windows"])


class Which(ShortPaging):
    environment: str = ""
    archived: bool = False


class NewWindow(Input):
    """`first` is local time of `zone` without an offset, such as 2027-01-31T02:00; `minutes` is elapsed time.

    `recurrence` is a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SA; empty: that one time.
    """

    environment_id: int
    name: str
    zone: str
    first: datetime
    minutes: int
    recurrence: str = ""


class WindowChange(Input):
    """What is left out stays. An archived window does not open any more."""

    name: str | None = None
    zone: str | None = None
    first: datetime | None = None
    minutes: int | None = None
    recurrence: str | None = None
    archived: bool | None = None


@router.get("", response=Page[WindowRow])
def list_windows(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_windows(actor=request.auth, now=now(), **which.filters()), which)


@router.post("", response={201: WindowRow})
def create_window(request: ApiRequest, response: HttpResponse, body: NewWindow) -> Any:
    """From the first window on, apply runs of the environment start inside a window only."""
    window_id = windows.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, tagged(response, reads.window_row(window_id=window_id, now=now())))


@router.get("/{int:window_id}", response=WindowRow)
def get_window(request: ApiRequest, response: HttpResponse, window_id: int) -> Any:
    return tagged(response, reads.visible_window(actor=request.auth, window_id=window_id, now=now()))


@router.patch("/{int:window_id}", response=WindowRow)
def change_window(request: ApiRequest, response: HttpResponse, window_id: int, body: WindowChange) -> Any:
    change = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    windows.edit(actor=request.auth, now=now(), window_id=window_id, **change)
    return tagged(response, reads.window_row(window_id=window_id, now=now()))
