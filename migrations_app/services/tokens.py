"""API tokens: shown once, kept as a hash, never able to sign, never more than their person may do."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from migrations_app.models import ApiToken
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Scope

MOST_LIVE_TOKENS = 50
LONGEST_LIFE = timedelta(days=366)
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """`clear` is the token itself; it is nowhere to be had again."""

    id: int
    clear: str


@operation("token.create", about="token")
def create(
    *, actor: Actor, now: datetime, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> NewToken:
    """For oneself, from a browser session; a token cannot make tokens."""
    if actor.token_id is not None:
        raise PermissionDenied("A token cannot make tokens.", "Make it in the browser, under Settings.")
    person = finding.person(actor)
    check = Check()
    named = check.text("name", name, most=80, required=True)
    words = sorted({check.one_of("scopes", scope, list(Scope), "scope") for scope in scopes})
    if not words:
        check.problem("scopes", "A token needs a scope.", f"Choose of: {', '.join(Scope)}.", "required")
    until = check.moment("expires_at", expires_at)
    if until is not None and not now < until <= now + LONGEST_LIFE:
        check.problem("expires_at", "This is not within the next year.", "Choose a time within it.", "out_of_range")
    if ApiToken.objects.filter(person=person, revoked_at=None).count() >= MOST_LIVE_TOKENS:
        check.problem("name", f"You have {MOST_LIVE_TOKENS} tokens.", "Revoke those you no longer use.", "too_many")
    check.done()
    prefix = f"swk_{secrets.token_hex(4)}"
    clear = f"{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        person=person,
        name=named,
        prefix=prefix,
        hash=_hash(clear),
        scopes=words,
        created_at=now,
        expires_at=until,
    )
    audit.record(
        actor=actor,
        now=now,
        action="token.create",
        object_type="token",
        object_id=row.pk,
        after={"name": named, "prefix": prefix, "scopes": words, "expires_at": until},
    )
    return NewToken(row.pk, clear)


@operation("token.revoke", about="token", in_maintenance=True)
def revoke(*, actor: Actor, now: datetime, token_id: int) -> None:
    """One's own. Revoking it again changes nothing."""
    person = finding.person(actor)
    row = ApiToken.objects.filter(pk=token_id, person=person).first()
    if row is None:
        raise NotFound(f"You have no token {token_id}.", "Look at the list under Settings.")
    if ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now) == 1:
        audit.record(
            actor=actor,
            now=now,
            action="token.revoke",
            object_type="token",
            object_id=row.pk,
            before={"name": row.name, "prefix": row.prefix},
        )


def authenticate(*, clear: str, now: datetime, address: str = "", request_id: str = "") -> Actor:
    """The actor behind a bearer token. Raises PermissionDenied, the same for every way a token can be no good."""
    row = ApiToken.objects.select_related("person").filter(prefix=_prefix(clear)).first()
    expected = row.hash if row is not None else "0" * 64
    good = hmac.compare_digest(_hash(clear), expected)
    if row is None or not good or row.revoked_at is not None or not row.person.is_active:
        raise PermissionDenied("This token is not valid.", "Check it, or make a new one under Settings.")
    if row.expires_at is not None and row.expires_at <= now:
        raise PermissionDenied("This token has expired.", "Make a new one under Settings.")
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return Actor(
        person_id=row.person_id,
        username=row.person.username,
        address=address,
        request_id=request_id,
        token_id=row.pk,
        scopes=frozenset(row.scopes),
    )


def _prefix(clear: str) -> str:
    """Of `swk_<8 hex>_<secret>`; '' for what was never one of ours (PostgreSQL takes no NUL in a text)."""
    parts = clear.split("_", 2)
    return f"{parts[0]}_{parts[1]}" if len(parts) == 3 and clear.isascii() and clear.isprintable() else ""


def _hash(clear: str) -> str:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()
