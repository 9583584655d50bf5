from typing import Any

from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Page, ShortPaging, whole
from migrations_app.selectors import sessions as reads
from migrations_app.selectors.sessions import SessionRow
from migrations_app.services import sessions

router = Router(tags=["sessions"])


class Ended(Schema):
    """How many sessions were ended."""

    ended: int


@router.get("", response=Page[SessionRow])
def list_sessions(request: ApiRequest, paging: Query[ShortPaging], person: int | None = None) -> Any:
    """One's own; with `person` somebody else's, for admins of every environment."""
    return whole(reads.list_sessions(actor=request.auth, person_id=person, current_key=_current(request)), paging)


@router.post("/revoke-others", response=Ended)
def revoke_other_sessions(request: ApiRequest) -> Any:
    """One's own but the one that asks; from a browser only."""
    return {"ended": sessions.revoke_others(actor=request.auth, now=now(), current_key=_current(request))}


@router.delete("/{int:session_id}", response={204: None})
def revoke_session(request: ApiRequest, session_id: int) -> Any:
    """One's own from a browser; anybody's as an admin of every environment."""
    sessions.revoke(actor=request.auth, now=now(), session_id=session_id)
    return Status(204, None)


def _current(request: ApiRequest) -> str:
    return "" if request.auth.token_id is not None else request.session.session_key or ""
