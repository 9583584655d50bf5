"""A person's own API tokens; only the beginning is kept in the clear."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import ApiToken
from migrations_app.models.actor import Actor
from migrations_app.selectors.refusals import NotFound

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    version: int
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def token_row(*, actor: Actor, token_id: int) -> TokenRow:
    """One's own. Raises NotFound, the same for somebody else's."""
    for row in list_tokens(actor=actor):
        if row.id == token_id:
            return row
    others = 0 < token_id <= LARGEST_ID and ApiToken.objects.filter(pk=token_id).exists()
    raise NotFound(f"You have no token {str(token_id)[:20]}.", "Look at the list under Settings.", hidden=others)


def list_tokens(*, actor: Actor) -> tuple[TokenRow, ...]:
    """One's own, newest first, revoked ones included."""
    if actor.person_id is None:
        return ()
    return tuple(
        TokenRow(
            id=row.pk,
            name=row.name,
            prefix=row.prefix,
            scopes=tuple(row.scopes),
            networks=tuple(row.networks),
            version=row.version,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )
        for row in ApiToken.objects.filter(person_id=actor.person_id).order_by("-pk")
    )
