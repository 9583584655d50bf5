"""Ending sessions: whose, by whom, and that it is written down."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from migrations_app.models import AuditEntry, Person, RoleGrant
from migrations_app.services import sessions, tokens
from migrations_app.services.actor import Actor
from migrations_app.services.errors import NotFound, PermissionDenied
from tests.cast import NOW, Cast
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def session_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def entries(action: str) -> list[dict[str, object]]:
    return [json.loads(bytes(row.body)) for row in AuditEntry.objects.filter(action=action)]


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_what_has_expired_is_forgotten_and_nobody_signed_out(cast: Cast) -> None:
    here = signed_in("viewer")
    Session.objects.create(session_key="over", session_data="", expire_date=timezone.now() - timedelta(seconds=1))
    sessions.forget_expired()
    assert not Session.objects.filter(session_key="over").exists()
    assert is_in(here)


def test_ones_own_session_is_ended_and_its_browser_is_a_stranger(cast: Cast) -> None:
    here, there = signed_in("viewer"), signed_in("viewer")

    sessions.revoke(actor=cast.actors["viewer"], now=NOW, session_id=session_of(there).pk)

    assert (is_in(here), is_in(there)) == (True, False)
    (entry,) = entries("session.revoke")
    assert entry["before"] == {"holder": "viewer", "address": "127.0.0.1", "browser": "not told"}


def test_every_other_session_is_ended_once(cast: Cast) -> None:
    here, there, admins = signed_in("viewer"), signed_in("viewer"), signed_in("admin")
    key = here.session.session_key or ""

    assert sessions.revoke_others(actor=cast.actors["viewer"], now=NOW, current_key=key) == 1
    assert sessions.revoke_others(actor=cast.actors["viewer"], now=NOW, current_key=key) == 0

    assert (is_in(here), is_in(there), is_in(admins)) == (True, False, True)
    assert len(entries("session.revoke_all")) == 1


def test_an_admin_ends_anothers(cast: Cast) -> None:
    first, second = signed_in("viewer"), signed_in("viewer")

    sessions.revoke(actor=cast.actors["admin"], now=NOW, session_id=session_of(first).pk)
    assert (is_in(first), is_in(second)) == (False, True)
    assert sessions.revoke_all(actor=cast.actors["admin"], now=NOW, person_id=cast.people["viewer"].pk) == 1

    assert not is_in(second)
    assert [entry["actor"] for entry in entries("session.revoke_all")] == ["admin"]


def test_nobody_else_does_or_learns_that_there_is_one(cast: Cast) -> None:
    viewer = signed_in("viewer")
    session_id = session_of(viewer).pk
    RoleGrant.objects.filter(person=cast.people["admin"]).update(environment=cast.environments["dev"])

    for somebody in (cast.actors["operator"], cast.actors["admin"]):  # the latter is admin of one environment now
        said = []
        for wanted in (session_id, 999_999):
            with pytest.raises(NotFound) as refused:
                sessions.revoke(actor=somebody, now=NOW, session_id=wanted)
            said.append(refused.value.message.replace(str(wanted), "N"))
        assert said[0] == said[1]
        with pytest.raises(PermissionDenied):
            sessions.revoke_all(actor=somebody, now=NOW, person_id=cast.people["viewer"].pk)

    assert is_in(viewer)
    assert {entry["outcome"] for entry in entries("session.revoke")} == {"denied"}


def test_a_token_ends_none_of_its_persons_sessions(cast: Cast) -> None:
    viewer = signed_in("viewer")
    made = tokens.create(actor=cast.actors["viewer"], now=NOW, name="x", scopes=["read", "operate", "admin"])
    program = tokens.authenticate(clear=made.clear, now=NOW)

    with pytest.raises(PermissionDenied):
        sessions.revoke(actor=program, now=NOW, session_id=session_of(viewer).pk)
    with pytest.raises(PermissionDenied):
        sessions.revoke_others(actor=program, now=NOW, current_key="")
    assert is_in(viewer)


def test_what_is_seen_is_noted_and_a_session_that_ended_meanwhile_stays_ended(cast: Cast, viewer: Actor) -> None:
    client = signed_in("viewer")
    row = session_of(client)

    sessions.seen(person_id=cast.people["viewer"].pk, key=row.session_key, address="", user_agent="x" * 5_000, now=NOW)
    row.refresh_from_db()
    assert (row.last_seen_at, row.ip, len(row.user_agent)) == (NOW, sessions.NOBODY_KNOWS_WHERE, 200)

    sessions.revoke(actor=viewer, now=NOW, session_id=row.pk)
    session = client.session
    sessions.seen(
        person_id=cast.people["viewer"].pk, key=row.session_key, address="", user_agent="", now=NOW
    )  # by a request that began before
    assert not Session.objects.filter(session_key=session.session_key).exists()
    assert not is_in(client)


def password(person: Person) -> None:
    person.set_password("quite another one")


def groups(person: Person) -> None:
    person.groups.clear()


def mail(person: Person) -> None:
    person.email = "new@example.org"


@pytest.mark.parametrize(("change", "ends"), [(password, True), (groups, True), (mail, False)])
def test_what_an_admin_changes_about_their_way_in_ends_their_sessions(
    cast: Cast, change: Callable[[Person], None], ends: bool
) -> None:
    """Through Django admin, where people are changed (`tests/test_admin.py` has the rest of it)."""
    viewer, person = signed_in("viewer"), cast.people["viewer"]
    Person.objects.filter(username="admin").update(is_staff=True)
    site = signed_in("admin")
    given: dict[str, object] = {"username": "viewer", "is_active": "on", "groups": person.groups.first().pk}  # type: ignore[union-attr]
    address = f"/admin/migrations_app/person/{person.pk}/"
    if change is password:
        new = {"usable_password": "true", "password1": "correct-horse-2", "password2": "correct-horse-2"}
        assert site.post(f"{address}password/", new).status_code == 302
    else:
        more = {"groups": []} if change is groups else {"email": "new@example.org"}
        assert site.post(f"{address}change/", given | more).status_code == 302

    assert is_in(viewer) is not ends
    assert UserSession.objects.filter(user=person).exists() is not ends
    found = entries("session.revoke_all")
    assert [entry["reason"] for entry in found] == ([f"changed: {change.__name__}"] if ends else [])
