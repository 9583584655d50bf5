"""Browser sessions: who is signed in where. What opens a session, its key, never leaves this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from migrations_app.models import Person
from migrations_app.models.actor import Actor
from migrations_app.selectors.browsers import browser_name
from migrations_app.selectors.people import require_people
from migrations_app.selectors.run_visibility import LARGEST_ID

MOST = 200  # sessions that are looked at, the newest ones
AUTHENTICATION_RECORDS = "account_authentication_methods"  # where allauth notes in a session how it was begun


class Factor(StrEnum):
    """How somebody showed that it is them. The words of `mfa` records are allauth's own."""

    PASSWORD = "password"  # noqa: S105  # the name of a factor
    TOTP = "totp"
    SECURITY_KEY = "webauthn"
    RECOVERY_CODE = "recovery_codes"
    SINGLE_SIGN_ON = "single_sign_on"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`browser` is in words. `factors` is how it was signed in with, in order; `current`: the one that asks."""

    id: int
    began_at: datetime
    last_seen_at: datetime
    address: str
    browser: str
    factors: tuple[Factor, ...]
    current: bool


def list_sessions(*, actor: Actor, person_id: int | None = None, current_key: str = "") -> tuple[SessionRow, ...]:
    """One's own (None) or somebody else's, last seen first. Raises PermissionDenied; others' are for admins."""
    whose = actor.person_id if person_id is None else person_id
    if whose != actor.person_id:
        require_people(actor)
    if whose is None or not 0 < whose <= LARGEST_ID:
        return ()
    rows = UserSession.objects.filter(user_id=whose).order_by("-last_seen_at", "-pk")[:MOST]
    return tuple(
        SessionRow(
            id=row.pk,
            began_at=row.created_at,
            last_seen_at=row.last_seen_at,
            address=row.ip,
            browser=browser_name(row.user_agent),
            factors=_factors(session),
            current=row.session_key == current_key,
        )
        for row in rows
        if (session := _alive(row)) is not None
    )


def holder_of(key: str) -> tuple[Person, bool] | None:
    """Whose session that is now, and whether it is `attested`.

    None after a logout, a revocation, a new password or a deactivation.
    """
    session = _opened(key) if key else None
    person = _whose(session) if session is not None else None
    return (person, attested(_request(session), person)) if session and person and person.is_active else None


def attested(request: HttpRequest, person: Person) -> bool:
    """Whether the provider vouched in this very session for a second factor: at the sign-in, or asked again since."""
    records = get_authentication_records(request, person)
    return any(record["method"] == Factor.SINGLE_SIGN_ON and record.get("second_factor") for record in records)


def factor_of(record: Mapping[str, Any]) -> str:
    """A word of `Factor`, of what a session notes of one proof; another word where the package has a new one."""
    return str(record.get("type" if record["method"] == "mfa" else "method"))


def _opened(key: str) -> SessionBase:
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return session


def _request(session: SessionBase) -> HttpRequest:
    request = HttpRequest()
    request.session = session
    return request


def _whose(session: SessionBase) -> Person | None:
    person = get_user(_request(session))
    return person if isinstance(person, Person) else None


def _alive(row: UserSession) -> SessionBase | None:
    session = _opened(row.session_key)
    person = _whose(session)
    return session if person is not None and person.is_active and person.pk == row.user_id else None


def _factors(session: SessionBase) -> tuple[Factor, ...]:
    records = session.get(AUTHENTICATION_RECORDS, ())
    words = [factor_of(record) for record in records]
    return tuple(Factor(word) for word in dict.fromkeys(words) if word in set(Factor))
