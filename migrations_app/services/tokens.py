"""API tokens: shown once, kept as a hash, never able to sign, never more than their person may do."""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from migrations_app.models import ApiToken
from migrations_app.runtime import secrets as keys
from migrations_app.services import audit, finding, rate_limits
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Scope
from migrations_app.services.rate_limits import Rate
from migrations_app.services.versions import Seen, next_version

MOST_LIVE_TOKENS = 50
MOST_NETWORKS = 20
LONGEST_LIFE = timedelta(days=366)
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """`clear` is the token itself; it is nowhere to be had again."""

    id: int
    clear: str = field(repr=False)


@operation("token.create", about="token")
def create(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> NewToken:
    """For oneself, from a browser session; a token cannot make tokens.

    `networks`: addresses or CIDR texts that it may come from; none means anywhere.
    """
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
    allowed = _networks(check, networks)
    if ApiToken.objects.filter(person=person, revoked_at=None).count() >= MOST_LIVE_TOKENS:
        check.problem("name", f"You have {MOST_LIVE_TOKENS} tokens.", "Revoke those you no longer use.", "too_many")
    check.done()
    prefix = f"swk_{secrets.token_hex(4)}"
    clear = f"{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        person=person,
        name=named,
        prefix=prefix,
        hash=_hash(clear, keys.keys()[0]),
        key_id=keys.key_id(keys.keys()[0]),
        scopes=words,
        networks=allowed,
        created_at=now,
        expires_at=until,
    )
    audit.record(
        actor=actor,
        now=now,
        action="token.create",
        object_type="token",
        object_id=row.pk,
        after=_facts(row),
    )
    return NewToken(row.pk, clear)


@operation("token.edit", about="token")
def edit(
    *,
    actor: Actor,
    now: datetime,
    token_id: int,
    name: str | None = None,
    expires_at: datetime | None = None,
    networks: Sequence[str] | None = None,
    seen: Seen = None,
) -> None:
    """One's own, from a browser session. What is None stays; `expires_at` only sooner than it was, `networks` only
    within those of before. Scopes stay.

    Raises Conflict for one that is revoked or has expired: it stays what it was.
    """
    if actor.token_id is not None:
        raise PermissionDenied("A token cannot change tokens.", "Change it in the browser, or by its session.")
    row = _own(actor, token_id, lock=True)
    next_version(row, f"The token “{row.name}”", seen)
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise Conflict(
            f"The token “{row.name}” is no longer valid; nothing was changed.", "Make a new one.", reason="token_over"
        )
    before = _facts(row)
    check = Check()
    if name is not None:
        row.name = check.text("name", name, most=80, required=True)
    if expires_at is not None:
        row.expires_at = _sooner(check, row, now, expires_at)
    if networks is not None:
        row.networks = _narrower(check, row, networks)
    check.done()
    if _facts(row) == before:
        return
    row.save(update_fields=["name", "expires_at", "networks", "version"])
    audit.record(
        actor=actor,
        now=now,
        action="token.edit",
        object_type="token",
        object_id=row.pk,
        before=before,
        after=_facts(row),
    )


@operation("token.revoke", about="token", in_maintenance=True)
def revoke(*, actor: Actor, now: datetime, token_id: int) -> None:
    """One's own. Revoking it again changes nothing."""
    row = _own(actor, token_id)
    if ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now) == 1:
        audit.record(
            actor=actor,
            now=now,
            action="token.revoke",
            object_type="token",
            object_id=row.pk,
            before={"name": row.name, "prefix": row.prefix},
        )


def _own(actor: Actor, token_id: int, *, lock: bool = False) -> ApiToken:
    person = finding.person(actor)
    rows = ApiToken.objects.select_for_update(of=("self",)) if lock else ApiToken.objects.all()
    usable = isinstance(token_id, int) and 0 < token_id <= finding.LARGEST_ID
    row = rows.filter(pk=token_id, person=person).first() if usable else None
    if row is None:
        others = usable and ApiToken.objects.filter(pk=token_id).exists()
        raise NotFound(f"You have no token {token_id}.", "Look at the list under Settings.", hidden=others)
    return row


def _sooner(check: Check, row: ApiToken, now: datetime, wanted: datetime) -> datetime | None:
    until = check.moment("expires_at", wanted)
    last = row.expires_at or now + LONGEST_LIFE
    if until is not None and not now < until <= last:
        check.problem(
            "expires_at",
            f"This is not between now and when it ends ({last:%Y-%m-%d %H:%M} UTC).",
            "Choose a time within it; for a longer life make a new token, or revoke this one to end it now.",
            "out_of_range",
        )
    return until


def _facts(row: ApiToken) -> dict[str, Any]:
    facts = {"name": row.name, "prefix": row.prefix, "scopes": row.scopes, "networks": row.networks}
    return facts | {"expires_at": row.expires_at}


def authenticate(*, clear: str, now: datetime, address: str = "", request_id: str = "", counted: bool = True) -> Actor:
    """The actor behind a bearer token. Raises PermissionDenied, the same for every way a token can be no good.

    And TooManyRequests, where an address has shown too many of those. Not `counted`: of one that was good a moment ago.
    """
    if not counted:
        return _behind(clear, now, address, request_id)
    stranger = Actor(None, ANONYMOUS.username, address=address, request_id=request_id)
    who = rate_limits.address(address)
    rate_limits.require_left(actor=stranger, now=now, rate=Rate.TOKEN_FAILURES, who=who)
    try:
        return _behind(clear, now, address, request_id)
    except PermissionDenied:
        rate_limits.spend(actor=stranger, now=now, rate=Rate.TOKEN_FAILURES, who=who)
        raise


def _behind(clear: str, now: datetime, address: str, request_id: str) -> Actor:
    row = ApiToken.objects.select_related("person").filter(prefix=_prefix(clear)).first()
    good = _is(row, clear)
    if row is None or not good or row.revoked_at is not None or not row.person.is_active:
        raise PermissionDenied("This token is not valid.", "Check it, or make a new one under Settings.")
    if row.expires_at is not None and row.expires_at <= now:
        raise PermissionDenied("This token has expired.", "Make a new one under Settings.")
    if not _may_come_from(address, row.networks):
        raise PermissionDenied("This token may not be used from here.", "Use it from one of its networks.")
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    _under_the_newest_key(row, clear)
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


def _is(row: ApiToken | None, clear: str) -> bool:
    """Takes as long for a token that nobody has."""
    if row is None or not row.key_id:
        return hmac.compare_digest(_plain_hash(clear), row.hash if row is not None else "0" * 64)
    try:
        key = keys.key_named(row.key_id)
    except keys.SecretUnreadable:
        return False  # its key is not listed any more: who rotated it out wanted that
    return hmac.compare_digest(_hash(clear, key), row.hash)


def _under_the_newest_key(row: ApiToken, clear: str) -> None:
    """Only who shows the token lets us hash it anew, so a rotation of keys reaches each token at its next use."""
    newest = keys.keys()[0]
    if row.key_id != keys.key_id(newest):
        ApiToken.objects.filter(pk=row.pk, hash=row.hash).update(hash=_hash(clear, newest), key_id=keys.key_id(newest))


def _hash(clear: str, key: str) -> str:
    """Keyed, so that a copy of the database alone does not let anybody try tokens on it."""
    pepper = keys.derive(key, "api tokens")
    return hmac.new(pepper, clear.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _plain_hash(clear: str) -> str:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()


def _networks(check: Check, given: Sequence[str]) -> list[str]:
    """As CIDR texts, each once."""
    found: dict[str, None] = {}
    for text in given:
        try:
            found[str(ipaddress.ip_network(text.strip(), strict=True))] = None
        except ValueError:
            message = f"“{text.strip()[:50]}” is no network."
            check.problem("networks", message, "Write an address, or a network as 10.2.0.0/16.", "network")
    if len(found) > MOST_NETWORKS:
        check.problem("networks", f"These are {len(found)} networks.", f"Name at most {MOST_NETWORKS}.", "too_many")
    return list(found)


def _narrower(check: Check, row: ApiToken, given: Sequence[str]) -> list[str]:
    """All of them within those that it may come from already; nothing is narrower than anywhere."""
    before, found = [ipaddress.ip_network(text) for text in row.networks], _networks(check, given)
    for text in found:
        if before and not any(_within(ipaddress.ip_network(text), wider) for wider in before):
            message = f"{text} is not within {', '.join(row.networks)}."
            check.problem("networks", message, "Name networks within those; for others make a new token.", "wider")
    if before and not given:
        message = "Without networks it could come from anywhere."
        check.problem("networks", message, "Name at least one; for more make a new token.", "wider")
    return found


def _within(one: ipaddress.IPv4Network | ipaddress.IPv6Network, wider: object) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(wider, ipaddress.IPv4Network) and one.subnet_of(wider)
    return isinstance(wider, ipaddress.IPv6Network) and one.subnet_of(wider)


def _may_come_from(address: str, networks: Sequence[str]) -> bool:
    if not networks:
        return True
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False  # nobody knows from where
    mapped = getattr(here, "ipv4_mapped", None)
    return any((mapped or here) in ipaddress.ip_network(network) for network in networks)
