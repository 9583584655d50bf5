from typing import Any

from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Page, ShortPaging, whole
from migrations_app.selectors import lockouts as reads
from migrations_app.selectors.lockouts import Lockout
from migrations_app.services import lockouts

router = Router(tags=["people"])


@router.get("", response=Page[Lockout])
def list_lockouts(request: ApiRequest, paging: Query[ShortPaging]) -> Any:
    """Who may not try to sign in now, and until when; for admins of every environment."""
    return whole(reads.list_lockouts(actor=request.auth, now=now()), paging)


@router.delete("/{int:lockout_id}", response={204: None})
def lift_lockout(request: ApiRequest, lockout_id: int) -> Any:
    lockouts.lift(actor=request.auth, now=now(), lockout_id=lockout_id)
    return Status(204, None)
