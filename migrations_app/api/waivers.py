"""Waived findings of the risk. Bearer tokens may look; waiving needs a person in a browser, as signing does."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors.migrations import RiskView, list_waivers, migration_page
from migrations_app.selectors.waivers import WaiverRow
from migrations_app.services import waivers
from migrations_app.services.errors import SignInRequired, StepUpRequired

router = Router(tags=["waivers"])


class NewWaiver(Input):
    """`digest` is that of the plan that was read, `rule` that of the finding, `until` at most 30 days from now."""

    digest: str
    rule: str
    reason: str
    until: datetime


class Waived(Schema):
    """`risk` is that of the plan from now on."""

    migration: int
    waiver: int
    risk: RiskView


@router.get("/{int:migration_id}/waivers", response=Page[WaiverRow])
def list_of_waivers(request: ApiRequest, migration_id: int, paging: Query[ShortPaging]) -> Any:
    """All that were ever given, the newest first, each with whether it counts now and why not."""
    return whole(list_waivers(actor=request.auth, migration_id=migration_id, now=now()), paging)


@router.post("/{int:migration_id}/waivers", response={201: Waived})
def waive_finding(request: ApiRequest, migration_id: int, body: NewWaiver) -> Any:
    """Until then the finding does not count, as long as the plan and its weight stay what they are."""
    try:
        waiver_id = waivers.waive(actor=request.auth, now=now(), migration_id=migration_id, **body.model_dump())
    except (SignInRequired, StepUpRequired) as refused:
        raise _with_address(request, migration_id, refused) from None
    return Status(201, _waived(request, migration_id, waiver_id))


@router.post("/{int:migration_id}/waivers/{int:waiver_id}/withdraw", response=Waived)
def withdraw_waiver(request: ApiRequest, migration_id: int, waiver_id: int) -> Any:
    """From now on the finding counts again."""
    try:
        waivers.withdraw(actor=request.auth, now=now(), migration_id=migration_id, waiver_id=waiver_id)
    except SignInRequired as refused:
        raise _with_address(request, migration_id, refused) from None
    return _waived(request, migration_id, waiver_id)


def _with_address(
    request: ApiRequest, migration_id: int, refused: SignInRequired | StepUpRequired
) -> SignInRequired | StepUpRequired:
    refused.details["url"] = request.build_absolute_uri(f"/migrations/{migration_id}/")
    return refused


def _waived(request: ApiRequest, migration_id: int, waiver_id: int) -> dict[str, Any]:
    page = migration_page(actor=request.auth, migration_id=migration_id, now=now())
    return {"migration": migration_id, "waiver": waiver_id, "risk": page.risk}
