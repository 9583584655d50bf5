from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import invitations as reads
from migrations_app.selectors.invitations import InvitationRow
from migrations_app.services import invitations

router = Router(tags=["people"])


class NewInvitation(Input):
    """`environment_id` null: the role is for every environment."""

    email: str
    role: str
    environment_id: int | None = None


class CreatedInvitation(Schema):
    """`link` is shown this once; hand it to whoever is meant."""

    id: int
    link: str


@router.get("", response=Page[InvitationRow])
def list_invitations(request: ApiRequest, paging: Query[ShortPaging]) -> Any:
    """Those of environments where the caller manages people."""
    return whole(reads.list_invitations(actor=request.auth, now=now()), paging)


@router.post("", response={201: CreatedInvitation})
def invite(request: ApiRequest, response: HttpResponse, body: NewInvitation) -> Any:
    """From a browser only."""
    made = invitations.invite(actor=request.auth, now=now(), **body.model_dump())
    response["Cache-Control"] = "no-store"  # also keeps it out of the answers kept for a repeated request
    link = request.build_absolute_uri(reverse("invitation", args=[made.clear]))
    return Status(201, {"id": made.id, "link": link})


@router.post("/{int:invitation_id}/revoke", response={204: None})
def revoke_invitation(request: ApiRequest, invitation_id: int) -> Any:
    invitations.revoke(actor=request.auth, now=now(), invitation_id=invitation_id)
    return Status(204, None)
