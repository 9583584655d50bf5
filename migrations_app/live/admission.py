"""Who may watch: asked at connect, at each subscribe, and again and again while the socket is open.

Everything is read from the database afresh, so that a session that was logged out, a person who was made inactive
and a role that was taken away end the watching (DESIGN section 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async

from migrations_app.live.hub import View
from migrations_app.selectors.sessions import person_of
from migrations_app.selectors.watching import watching
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import Refused

Scope = Mapping[str, Any]

SIGNED_OUT = "sign_in_required"


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


async def admit(scope: Scope, run_id: int) -> Admitted | Turned:
    verdict: Admitted | Turned = await database_sync_to_async(_judge)(scope, run_id)
    return verdict


def _judge(scope: Scope, run_id: int) -> Admitted | Turned:
    actor = caller(scope)
    if actor.person_id is None:
        return Turned(SIGNED_OUT, "You are not signed in any more. Sign in to go on watching.")
    try:
        seen = watching(actor=actor, run_id=run_id)
    except Refused as refused:
        return Turned(refused.code, f"{refused.message} {refused.fix}".strip())
    return Admitted(View(seen.audience, actor), seen.newest)


def caller(scope: Scope) -> Actor:
    """Who this socket's session belongs to now; ANONYMOUS once it was ended, however that was."""
    person = person_of(scope["session"].session_key or "")
    if person is None:
        return ANONYMOUS
    return Actor(person_id=person.pk, username=person.username, address=str((scope.get("client") or [""])[0]))
