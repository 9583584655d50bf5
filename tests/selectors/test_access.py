from dataclasses import replace
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.selectors.access import NOTHING, TABLE, Permission, access_of, people_with
from migrations_app.services.actor import SYSTEM
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def test_a_grant_everywhere_covers_environments_to_come(operator, now):
    access = access_of(operator)

    assert access.environments(Permission.AUTHOR) is None
    assert access.anywhere(Permission.AUTHOR)
    later = Environment.objects.create(name="later", position=99, created_at=now)
    assert list(Environment.objects.filter(access.within(Permission.AUTHOR, "pk"), pk=later.pk)) == [later]


def test_a_grant_in_one_environment_covers_that_one(staging, dev, now):
    person = Person.objects.create_user("local")
    RoleGrant.objects.create(person=person, role="operator", environment=staging, granted_at=now)

    access = access_of(actor_of(person, now))

    assert access.environments(Permission.AUTHOR) == {staging.pk}
    assert access.roles_in(staging.pk) == {Role.OPERATOR}
    assert not access.can(Permission.AUTHOR, None)
    assert list(Environment.objects.filter(access.within(Permission.VIEW, "pk"))) == [staging]


def test_roles_come_through_groups_too(viewer, staging):
    assert access_of(viewer).can(Permission.VIEW, staging.pk)


def test_nobody_holds_nothing(outsider, staging):
    assert access_of(outsider).roles == {}
    assert not NOTHING.anywhere(Permission.VIEW)
    assert access_of(SYSTEM).environments(Permission.MANAGE_PEOPLE) is None


def test_who_holds_a_role_where(cast, staging, dev, now):
    local = Person.objects.create_user("aa-local")
    RoleGrant.objects.create(person=local, role="approver", environment=dev, granted_at=now)
    gone = Person.objects.create_user("gone", is_active=False)
    RoleGrant.objects.create(person=gone, role="approver", granted_at=now)

    assert [str(p.username) for p in people_with(Role.APPROVER, staging.pk)] == ["approver", "second_approver"]
    assert [p.username for p in people_with(Role.APPROVER, dev.pk)] == ["aa-local", "approver", "second_approver"]
    assert [p.username for p in people_with(Role.VIEWER, dev.pk)] == ["viewer"]


@pytest.fixture
def asked(settings):
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver", "admin")


def with_factor(username):
    return Authenticator.objects.create(user=Person.objects.get(username=username), type="totp", data={})


def test_a_role_that_asks_for_a_second_factor_is_not_held_without_one(asked, approver, admin, operator, staging):
    access = access_of(approver)
    assert (access.roles, access.withheld) == ({}, {Role.APPROVER})
    assert not access.can(Permission.SIGN, staging.pk)
    assert not access_of(replace(admin, scopes=frozenset({"admin"}))).can(Permission.MANAGE_TARGETS, staging.pk)
    assert access_of(operator).withheld == frozenset()
    assert "approver" not in [person.username for person in people_with(Role.APPROVER, staging.pk)]

    factor = with_factor("approver")
    assert access_of(approver).can(Permission.SIGN, staging.pk)
    assert "approver" in [person.username for person in people_with(Role.APPROVER, staging.pk)]
    factor.delete()
    assert not access_of(approver).can(Permission.SIGN, staging.pk)


def test_a_superuser_is_an_admin_in_this_too(asked, staging, now):
    person = Person.objects.create_superuser("root")
    access = access_of(actor_of(person, now))
    assert (access.superuser, access.withheld) == (False, {Role.ADMIN})
    with_factor("root")
    assert access_of(actor_of(person, now)).superuser


def test_other_roles_of_the_same_person_stay_in_force(asked, approver, staging, now):
    person = Person.objects.get(username="approver")
    RoleGrant.objects.create(person=person, role="viewer", environment=staging, granted_at=now)

    access = access_of(approver)
    assert access.roles == {staging.pk: {Role.VIEWER}}
    assert access.withheld == {Role.APPROVER}


def test_the_documented_matrix_is_the_table() -> None:
    documented = (Path(__file__).parents[2] / "docs/accounts.md").read_text()
    for permission, (roles, scope) in TABLE.items():
        cells = [permission.value.replace("_", " "), *("yes" if role in roles else "" for role in Role)]
        assert f"| {' | '.join([*cells, str(scope or 'never')])} |" in documented, permission
