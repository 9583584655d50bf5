"""How often an account and an address may do what costs something, or what somebody could try out.

The table, and what happens while Redis does not answer, is `runtime/rates.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.utils.crypto import salted_hmac

from migrations_app.models.actor import Actor
from migrations_app.runtime import rates
from migrations_app.runtime.rates import OFF, Rate, limit_of
from migrations_app.services import audit
from migrations_app.services.errors import TooManyRequests

__all__ = ["Rate", "account", "address", "name", "require_left", "spend"]

RECORDED = "1/minute"  # of each account or address and rate: a flood of requests is no flood of entries

_WORDS: Mapping[Rate, str] = {
    Rate.SIGN_IN_ADDRESS: "attempts to sign in from this address",
    Rate.SIGN_IN_NAME: "attempts to sign in under this name",
    Rate.SINGLE_SIGN_ON_ADDRESS: "single sign-ons from this address",
    Rate.SAML_ANSWERS_ADDRESS: "answers of a provider of single sign-on from this address",
    Rate.TOKEN_FAILURES: "tokens that are not valid from this address",
    Rate.API_ADDRESS: "requests to the API from this address",
    Rate.API_ACCOUNT: "requests to the API by this account",
    Rate.ROUTES_ACCOUNT: "requests about routes by this account",
    Rate.EXPORTS_ACCOUNT: "exports by this account",
    Rate.SOCKETS_ADDRESS: "live connections from this address",
    Rate.SOCKETS_ACCOUNT: "live connections by this account",
    Rate.ORDERS_ACCOUNT: "orders on live connections by this account",
}


def spend(*, actor: Actor, now: datetime, rate: Rate, who: str) -> None:
    """Count one of `who`, who is what the functions below make. Raises TooManyRequests."""
    _judge(actor, now, rate, who, rates.shared().take)


def require_left(*, actor: Actor, now: datetime, rate: Rate, who: str) -> None:
    """The same with nothing counted: for what is counted once it has failed."""
    _judge(actor, now, rate, who, rates.shared().left_over)


def account(actor: Actor) -> str:
    return f"person-{actor.person_id}"


def address(text: str) -> str:
    """One of IPv4, and the network of 64 bits of IPv6, which is what one machine is given."""
    try:
        found = ip_address(text)
    except ValueError:
        return "nowhere"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((int(found), 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def name(typed: str) -> str:
    """A name that somebody typed, which may as well be a password in the wrong field: kept as a keyed digest."""
    return salted_hmac("snakeweb.rates", typed.strip().casefold(), algorithm="sha256").hexdigest()[:32]


def _judge(actor: Actor, now: datetime, rate: Rate, who: str, ask: rates.Ask) -> None:
    limit = limit_of(rate)
    wait = 0 if limit == OFF else ask(limit, rate.value, who)
    if not wait:
        return
    refused = TooManyRequests(
        f"There were too many {_WORDS[rate]}; this one was not carried out.",
        f"Try again in {wait} second{'' if wait == 1 else 's'}. At most {limit.replace('/', ' a ')} are served.",
        wait,
    )
    refused.in_trail = True  # by the first of a minute
    if not rates.shared().take(RECORDED, "recorded", rate.value, who):
        with transaction.atomic():
            audit.record(
                actor=actor,
                now=now,
                action="rate_limit",
                object_type="rate_limit",
                object_id=rate.value,
                outcome="denied",
                reason=f"{refused.code}: {refused.message}",
            )
    raise refused
