"""Who may watch: asked at connect, at each subscribe, and again and again while the socket is open.

Everything is read from the database afresh, so that a session that was logged out, a person who was made inactive
and a role that was taken away end the watching (DESIGN section 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from channels.db import database_sync_to_async

from migrations_app.live.hub import View
from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors.sessions import holder_of
from migrations_app.selectors.watching import watching
from migrations_app.services import rate_limits
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.denials import Door, record_denial_at, record_refusal_at
from migrations_app.services.errors import Refused, TooManyRequests
from migrations_app.services.rate_limits import Rate

Scope = Mapping[str, Any]

SIGNED_OUT = "sign_in_required"
TOO_OFTEN = "too_many_requests"

_clock = SystemClock()


@dataclass(frozen=True, slots=True)
class Admitted:
    """`newest` is the run's last sequence number when it was asked."""

    view: View
    newest: int


@dataclass(frozen=True, slots=True)
class Turned:
    """Turned away; `code` is stable for programs, `text` for people."""

    code: str
    text: str


async def present(scope: Scope) -> bool:
    """Whether somebody is signed in through this socket's session, as the database has it now."""
    actor: Actor = await database_sync_to_async(caller)(scope)
    return actor.person_id is not None


async def write_down(scope: Scope, why: str) -> None:
    """A socket that is not opened, of somebody whom nobody asked who they are."""
    await database_sync_to_async(_write_down)(scope, why)


def _write_down(scope: Scope, why: str) -> None:
    stranger = replace(ANONYMOUS, address=_address(scope))
    record_denial_at(Door.SOCKET, actor=stranger, now=_clock.now(), what="socket", why=why)


async def may_open(scope: Scope) -> bool:
    """The same at the handshake, which is counted; False too where address or account opened too many.

    Either is in the audit trail by then.
    """
    may: bool = await database_sync_to_async(_opened)(scope)
    return may


def _opened(scope: Scope) -> bool:
    actor = caller(scope)
    try:
        _spend(actor, Rate.SOCKETS_ADDRESS, rate_limits.address(_address(scope)))
        if actor.person_id is not None:
            _spend(actor, Rate.SOCKETS_ACCOUNT, rate_limits.account(actor))
    except TooManyRequests:
        return False
    if actor.person_id is None:
        _write_down(scope, "not_authenticated: the socket has no session that is logged in")
    return actor.person_id is not None


async def admit(scope: Scope, run_id: int, *, asked: bool = False) -> Admitted | Turned:
    """`asked`: by an order of the client, which is counted; we ask again by ourselves."""
    verdict: Admitted | Turned = await database_sync_to_async(_judge)(scope, run_id, asked)
    return verdict


def _judge(scope: Scope, run_id: int, asked: bool) -> Admitted | Turned:
    actor = caller(scope)
    if actor.person_id is None:
        return Turned(SIGNED_OUT, "You are not signed in any more. Sign in to go on watching.")
    try:
        if asked:
            _spend(actor, Rate.ORDERS_ACCOUNT, rate_limits.account(actor))
        seen = watching(actor=actor, run_id=run_id)
    except Refused as refused:
        record_refusal_at(Door.SOCKET, actor=actor, now=_clock.now(), what=str(run_id), refused=refused)
        return Turned(refused.code, f"{refused.message} {refused.fix}".strip())
    return Admitted(View(seen.audience, actor), seen.newest)


def _spend(actor: Actor, rate: Rate, who: str) -> None:
    rate_limits.spend(actor=actor, now=_clock.now(), rate=rate, who=who)


def caller(scope: Scope) -> Actor:
    """Who this socket's session belongs to now; ANONYMOUS once it was ended, however that was."""
    found = holder_of(scope["session"].session_key or "")
    if found is None:
        return ANONYMOUS
    person, attested = found
    return Actor(person_id=person.pk, username=person.username, address=_address(scope), attested=attested)


def _address(scope: Scope) -> str:
    return str((scope.get("client") or [""])[0])
