"""Invitations, as admins of their environments see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from migrations_app.models import Invitation
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of, roles_with_second_factor
from migrations_app.selectors.refusals import PermissionDenied

MOST = 200


class InvitationState(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """`environment` is '' for all of them; `username` that of the account that came of it."""

    id: int
    email: str
    role: str
    environment: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    state: InvitationState
    username: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What whoever opened the link is shown. `second_factor`: the role is in force only once they have one."""

    email: str
    role: str
    environment: str
    invited_by: str
    second_factor: bool


def list_invitations(*, actor: Actor, now: datetime) -> tuple[InvitationRow, ...]:
    """Newest first. Raises PermissionDenied unless the actor manages people somewhere."""
    access = access_of(actor)
    if not access.anywhere(Permission.MANAGE_PEOPLE):
        raise PermissionDenied(
            f"{actor.username} may not manage people anywhere; this needs the role admin.", "Ask an admin to do it."
        )
    rows = Invitation.objects.select_related("environment", "invited_by", "accepted_by")
    return tuple(
        InvitationRow(
            id=row.pk,
            email=row.email,
            role=row.role,
            environment=row.environment.name if row.environment else "",
            invited_by=str(row.invited_by),
            created_at=row.created_at,
            expires_at=row.expires_at,
            state=state_of(row, now),
            username=row.accepted_by.username if row.accepted_by else "",
        )
        for row in rows.filter(access.within(Permission.MANAGE_PEOPLE)).order_by("-pk")[:MOST]
    )


def offer(*, invitation_id: int, now: datetime) -> Offer | None:
    """None once it cannot be used any more."""
    row = Invitation.objects.select_related("environment", "invited_by").filter(pk=invitation_id).first()
    if row is None or state_of(row, now) is not InvitationState.OPEN:
        return None
    return Offer(
        email=row.email,
        role=row.role,
        environment=row.environment.name if row.environment else "",
        invited_by=str(row.invited_by),
        second_factor=row.role in roles_with_second_factor(),
    )


def state_of(row: Invitation, now: datetime) -> InvitationState:
    if row.accepted_at is not None:
        return InvitationState.USED
    if row.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.OPEN if now < row.expires_at else InvitationState.EXPIRED
