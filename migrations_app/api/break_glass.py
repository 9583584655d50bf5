"""Starting against unmet conditions in an emergency. Programs never do; a person's browser session does."""

from typing import Any

from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import break_glass as reads
from migrations_app.selectors.break_glass import BreakGlassRow
from migrations_app.services import break_glass
from migrations_app.services.errors import SignInRequired, StepUpRequired

router = Router(tags=["break-glass"])


class Emergency(Input):
    """`digest` is that of the plan that was read; `reason` has at least 20 characters."""

    digest: str
    reason: str


class Closing(Input):
    comment: str


class BrokenOpen(Schema):
    run: int
    url: str


@router.post("/{int:migration_id}/break-glass", response={202: BrokenOpen})
def break_the_glass(request: ApiRequest, migration_id: int, body: Emergency) -> Any:
    """Start the plan although signatures, policy, dry run, window or freeze say no; everybody concerned is told.

    Needs a browser session and a password or second factor no older than five minutes (in a protected environment the
    second factor). A bearer token gets the problem `sign_in_required`. Never overridden: digest, drift, targets that
    do not answer or are in use, a missing handler, maintenance.
    """
    try:
        run_id = break_glass.start(actor=request.auth, now=now(), migration_id=migration_id, **body.model_dump())
    except (SignInRequired, StepUpRequired) as refused:
        refused.details["url"] = request.build_absolute_uri(f"/migrations/{migration_id}/break-glass/")
        raise
    return Status(202, {"run": run_id, "url": request.build_absolute_uri(f"/runs/{run_id}/")})


@router.get("/{int:migration_id}/break-glass", response=Page[BreakGlassRow])
def list_break_glasses(request: ApiRequest, migration_id: int, paging: Query[ShortPaging]) -> Any:
    """Newest first; those with `closed_at` null wait for somebody else who may approve."""
    return whole(reads.list_break_glasses(actor=request.auth, migration_id=migration_id, now=now()), paging)


@router.post("/{int:migration_id}/break-glass/{int:item_id}/close", response=Page[BreakGlassRow])
def close_break_glass(request: ApiRequest, migration_id: int, item_id: int, body: Closing) -> Any:
    """By somebody else than the one who did it, who may approve there, with a password or second factor no older than
    five minutes. A token never does."""
    try:
        break_glass.close(
            actor=request.auth, now=now(), migration_id=migration_id, break_glass_id=item_id, comment=body.comment
        )
    except StepUpRequired as refused:
        refused.details["url"] = request.build_absolute_uri(f"/migrations/{migration_id}/#break-glass-{item_id}")
        raise
    return whole(reads.list_break_glasses(actor=request.auth, migration_id=migration_id, now=now()))
