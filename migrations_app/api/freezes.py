from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import freezes as reads
from migrations_app.selectors.freezes import FreezeRow
from migrations_app.services import freezes

router = Router(tags=["freezes"])


class Which(ShortPaging):
    environment: str = ""
    past: bool = False


class NewFreeze(Input):
    """Without `environment_id` it holds for every environment; without `begins_at` it begins now."""

    reason: str
    ends_at: datetime
    begins_at: datetime | None = None
    environment_id: int | None = None


class FreezeChange(Input):
    """What is left out stays."""

    reason: str | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None


@router.get("", response=Page[FreezeRow])
def list_freezes(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_freezes(actor=request.auth, now=now(), **which.filters()), which)


@router.post("", response={201: FreezeRow})
def create_freeze(request: ApiRequest, response: HttpResponse, body: NewFreeze) -> Any:
    """No apply run starts or is retried while it lasts; rollbacks always do."""
    freeze_id = freezes.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, tagged(response, reads.freeze_row(freeze_id=freeze_id, now=now())))


@router.get("/{int:freeze_id}", response=FreezeRow)
def get_freeze(request: ApiRequest, response: HttpResponse, freeze_id: int) -> Any:
    return tagged(response, reads.visible_freeze(actor=request.auth, freeze_id=freeze_id, now=now()))


@router.patch("/{int:freeze_id}", response=FreezeRow)
def change_freeze(request: ApiRequest, response: HttpResponse, freeze_id: int, body: FreezeChange) -> Any:
    change = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    freezes.edit(actor=request.auth, now=now(), freeze_id=freeze_id, **change)
    return tagged(response, reads.freeze_row(freeze_id=freeze_id, now=now()))


@router.post("/{int:freeze_id}/lift", response=FreezeRow)
def lift_freeze(request: ApiRequest, freeze_id: int) -> Any:
    """End it now. Nothing that it kept from starting starts by itself."""
    freezes.lift(actor=request.auth, now=now(), freeze_id=freeze_id)
    return reads.freeze_row(freeze_id=freeze_id, now=now())
