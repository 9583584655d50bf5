"""A person's own API tokens; only the beginning is kept in the clear."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def list_tokens(*, actor: Actor) -> tuple[TokenRow, ...]:
    raise NotImplementedError
