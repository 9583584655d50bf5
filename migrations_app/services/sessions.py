"""Ending browser sessions: one's own, or, as an admin, somebody else's.

Whoever uses a session that was ended is a stranger from the next request on; sockets look again by themselves
(`live/admission.py`).
"""

from datetime import datetime, timedelta
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings

from migrations_app.models import Person
from migrations_app.selectors.browsers import browser_name
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, can, require

SEEN_IS_NOTED_EVERY = timedelta(minutes=1)
NOBODY_KNOWS_WHERE = "0.0.0.0"  # noqa: S104  # an address is needed; nothing is bound to it


@operation("session.revoke", about="session", in_maintenance=True)
def revoke(*, actor: Actor, now: datetime, session_id: int) -> None:
    """End one session: one's own from a browser, anybody's as an admin. The same answer where there is none."""
    row = UserSession.objects.select_for_update(of=("self",)).select_related("user").filter(pk=session_id).first()
    own = row is not None and row.user_id == finding.person(actor).pk
    if own:
        _in_a_browser(actor)
    if row is None or not (own or can(actor, Permission.MANAGE_PEOPLE, None)):
        raise NotFound(f"You have no session {session_id}.", "Look at the list of sessions.", hidden=row is not None)
    _record(actor, now, row)
    row.end()


@operation("session.revoke_others", about="session", in_maintenance=True)
def revoke_others(*, actor: Actor, now: datetime, current_key: str) -> int:
    """End every session of one's own but the one that asks. Returns how many; none is fine."""
    _in_a_browser(actor)
    return end_all(finding.person(actor), actor=actor, now=now, keep=current_key)


@operation("session.revoke_all", about="person", in_maintenance=True)
def revoke_all(*, actor: Actor, now: datetime, person_id: int) -> int:
    """End every session of a person, as an admin. Returns how many; none is fine."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound(f"There is no person {person_id}.", "Look at the list of people.")
    return end_all(person, actor=actor, now=now)


def end_all(person: Person, *, actor: Actor, now: datetime, keep: str = "", reason: str = "") -> int:
    """In the caller's transaction, with one entry for all of them; `keep` is the key of one that stays."""
    rows = list(UserSession.objects.select_for_update().filter(user=person).exclude(session_key=keep))
    for row in rows:
        row.end()
    if rows:
        audit.record(
            actor=actor,
            now=now,
            action="session.revoke_all",
            object_type="person",
            object_id=person.pk,
            reason=reason,
            before={"name": person.username, "sessions": len(rows)},
        )
    return len(rows)


def seen(*, person_id: int, key: str, address: str, user_agent: str, now: datetime) -> None:
    """Note that this session is in use; no decision of a person, so it is not audited."""
    facts = {
        "user_id": person_id,
        "ip": address or NOBODY_KNOWS_WHERE,
        "user_agent": user_agent[: UserSession._meta.get_field("user_agent").max_length],
        "last_seen_at": now,
    }
    if UserSession.objects.filter(session_key=key).update(**facts) == 0:
        UserSession.objects.get_or_create(session_key=key, defaults={**facts, "created_at": now})


def forget_expired() -> None:
    """What strangers and people left behind, by the clock of whichever engine keeps it. A background loop calls this;
    nobody is signed out by it, so it is not audited.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def _in_a_browser(actor: Actor) -> None:
    if actor.token_id is not None:
        raise PermissionDenied(
            "A token does not end its person's sessions.", "Do it in the browser, or let an admin do it."
        )


def _record(actor: Actor, now: datetime, row: UserSession) -> None:
    audit.record(
        actor=actor,
        now=now,
        action="session.revoke",
        object_type="session",
        object_id=row.pk,
        before={"holder": row.user.username, "address": row.ip, "browser": browser_name(row.user_agent)},
    )
