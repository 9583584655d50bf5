"""Invitations: once, for a while, by whoever may, and what becomes of them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from pytest_django import Settings

from migrations_app.engine.vocabulary import Role
from migrations_app.models import AuditEntry, Invitation, Person, RoleGrant
from migrations_app.services import invitations, tokens
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from migrations_app.services.permissions import Permission, access_of
from tests.cast import NOW, Cast, actor_of
from tests.parallel import at_once, exceptions

GOOD = "four unrelated words here"


def invite(
    cast: Cast, role: str = "operator", email: str = "new@example.org", **more: Any
) -> invitations.NewInvitation:
    staging = cast.environments["staging"].pk
    return invitations.invite(
        actor=cast.actors["admin"], now=NOW, email=email, role=role, **{"environment_id": staging, **more}
    )


def accept(invitation_id: int, username: str = "newcomer", password: str = GOOD, **more: Any) -> int:
    given = {"actor": ANONYMOUS, "now": NOW, "full_name": "Nora New", **more}
    return invitations.accept(invitation_id=invitation_id, username=username, password=password, **given)


def entries(prefix: str) -> list[dict[str, Any]]:
    rows = AuditEntry.objects.filter(action__startswith=prefix).order_by("seq")
    return [json.loads(bytes(row.body)) for row in rows]


@pytest.mark.django_db
def test_the_invited_make_their_account_and_have_that_role_there(cast: Cast) -> None:
    made = invite(cast, email="New@Example.org")
    assert invitations.open_link(actor=ANONYMOUS, now=NOW, clear=made.clear) == made.id

    person = Person.objects.get(pk=accept(made.id))

    assert (person.username, person.email, person.get_full_name()) == ("newcomer", "new@example.org", "Nora New")
    assert person.check_password(GOOD)
    assert EmailAddress.objects.get(user=person).verified
    access = access_of(actor_of(person, NOW))
    assert access.environments(Permission.AUTHOR) == {cast.environments["staging"].pk}
    grant = RoleGrant.objects.get(person=person)
    assert (grant.role, grant.granted_by) == (Role.OPERATOR, cast.people["admin"])
    assert [e["action"] for e in entries("invitation.")] == [f"invitation.{w}" for w in ("create", "open", "accept")]
    assert len(entries("person.create")) == len(entries("grant.create")) == 1
    kept = str(list(Invitation.objects.values())) + str([bytes(row.body) for row in AuditEntry.objects.all()])
    assert made.clear not in kept
    assert GOOD not in kept


@pytest.mark.django_db
def test_a_role_that_asks_for_a_second_factor_is_in_force_with_one(cast: Cast, settings: Settings) -> None:
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver",)
    person = Person.objects.get(pk=accept(invite(cast, "approver").id))
    staging = cast.environments["staging"].pk

    assert not access_of(actor_of(person, NOW)).can(Permission.SIGN, staging)
    Authenticator.objects.create(user=person, type="totp", data={})
    assert access_of(actor_of(person, NOW)).can(Permission.SIGN, staging)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["used", "revoked", "expired", "another"])
def test_a_link_that_is_no_good_opens_nothing_and_says_the_same(cast: Cast, how: str) -> None:
    made = invite(cast)
    now, clear = NOW, made.clear
    if how == "used":
        accept(made.id)
    elif how == "revoked":
        invitations.revoke(actor=cast.actors["admin"], now=NOW, invitation_id=made.id)
        invitations.revoke(actor=cast.actors["admin"], now=NOW, invitation_id=made.id)
    elif how == "expired":
        now = NOW + invitations.LIFETIME
    else:
        clear = f"{made.clear}x"
    people = Person.objects.count()

    with pytest.raises(NotFound) as refused:
        invitations.open_link(actor=ANONYMOUS, now=now, clear=clear)
    assert str(refused.value).startswith("This invitation cannot be used")
    if how != "another":
        with pytest.raises(NotFound, match="cannot be used"):
            accept(made.id, "somebody-else", now=now)
        assert entries("invitation.accept")[-1]["outcome"] == "denied"
    assert Person.objects.count() == people


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_semantics
def test_opened_by_two_at_once_it_makes_one_account(cast: Cast) -> None:
    made = invite(cast)

    outcomes = at_once(*[lambda name=name: accept(made.id, name) for name in ("one", "two", "three", "four")])

    assert [type(e) for e in exceptions(outcomes)] == [NotFound] * 3
    assert Person.objects.filter(email="new@example.org").count() == 1
    assert RoleGrant.objects.filter(person__email="new@example.org").count() == 1


@pytest.mark.django_db
def test_every_problem_is_said_at_once_and_uses_nothing_up(cast: Cast) -> None:
    made = invite(cast)
    for username, password, fields in (
        ("Operator", "12345", {"username", "password"}),  # as somebody's but for the case
        ("new comer", "newcomer@", {"username", "password"}),
        ("newcomer", "new@example.org", {"password"}),
        ("", GOOD, {"username"}),
        ("Anonymous", GOOD, {"username"}),  # what the trail calls whoever is not signed in
        ("\u0430dmin", GOOD, {"username"}),  # its first letter is Cyrillic
    ):
        with pytest.raises(InvalidInput) as refused:
            accept(made.id, username, password)
        assert {problem.field for problem in refused.value.problems} == fields
    accept(made.id)


@pytest.mark.django_db
def test_what_an_admin_writes_is_looked_at(cast: Cast) -> None:
    for email, role, field in (
        ("no mail", "viewer", "email"),
        ("viewer@example.org", "viewer", "email"),
        ("a@b.org", "king", "role"),
    ):
        with pytest.raises(InvalidInput) as refused:
            invite(cast, role, email)
        assert {problem.field for problem in refused.value.problems} == {field}
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_only_admins_of_there_invite_and_revoke_and_no_token_does(cast: Cast) -> None:
    made = invite(cast)
    RoleGrant.objects.filter(person=cast.people["admin"]).update(environment=cast.environments["staging"])
    local, operator = cast.actors["admin"], cast.actors["operator"]
    elsewhere, here = cast.environments["dev"].pk, cast.environments["staging"].pk

    for actor, environment_id in ((operator, here), (local, elsewhere), (local, None)):
        with pytest.raises((PermissionDenied, NotFound)):
            invitations.invite(
                actor=actor, now=NOW, email="x@example.org", role="viewer", environment_id=environment_id
            )
    with pytest.raises(PermissionDenied):
        invitations.revoke(actor=operator, now=NOW, invitation_id=made.id)
    clear = tokens.create(actor=local, now=NOW, name="x", scopes=["admin", "read"]).clear
    with pytest.raises(PermissionDenied):
        invitations.invite(
            actor=tokens.authenticate(clear=clear, now=NOW),
            now=NOW,
            email="x@example.org",
            role="viewer",
            environment_id=here,
        )
    invitations.revoke(actor=local, now=NOW, invitation_id=made.id)


@pytest.mark.django_db
def test_an_invitation_of_somebody_who_may_not_any_more_gives_nothing(cast: Cast) -> None:
    made = invite(cast)
    RoleGrant.objects.filter(person=cast.people["admin"]).delete()

    with pytest.raises(Conflict) as refused:
        accept(made.id)

    assert refused.value.reason == "inviter_lost_role"
    assert not Person.objects.filter(username="newcomer").exists()


@pytest.mark.django_db
def test_what_an_admin_gives_themselves_by_another_account_waits_too(cast: Cast) -> None:
    """The grant names who invited, which is what `selectors/young_roles.py` follows."""
    person = Person.objects.get(pk=accept(invite(cast, "approver").id))
    grant = RoleGrant.objects.get(person=person)
    assert (grant.granted_by, grant.granted_at) == (cast.people["admin"], NOW)


@pytest.mark.django_db
def test_one_that_was_used_is_not_revoked(cast: Cast) -> None:
    made = invite(cast)
    accept(made.id)
    with pytest.raises(Conflict):
        invitations.revoke(actor=cast.actors["admin"], now=NOW, invitation_id=made.id)
    with pytest.raises(NotFound):
        invitations.revoke(actor=cast.actors["admin"], now=NOW, invitation_id=999_999)


@pytest.mark.django_db
def test_a_link_works_after_the_keys_were_rotated(cast: Cast, settings: Settings) -> None:
    made = invite(cast)
    settings.SNAKEWEB_SECRET_KEYS = ("a-newer-key-" * 5, *settings.SNAKEWEB_SECRET_KEYS)
    assert invitations.open_link(actor=Actor(None, "anonymous"), now=NOW + timedelta(hours=1), clear=made.clear)
