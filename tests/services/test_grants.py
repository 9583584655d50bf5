from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from migrations_app.models import AuditEntry, Notification, Person, RoleGrant
from migrations_app.selectors.access import Permission, access_of
from migrations_app.services import grants
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.cast import actor_of
from tests.parallel import at_once, exceptions

pytestmark = pytest.mark.django_db


def test_a_grant_works_at_once_in_its_environment_only(admin, people, outsider, staging, dev, now):
    grants.grant(actor=admin, now=now, role="operator", person_id=people["outsider"].pk, environment_id=staging.pk)

    access = access_of(outsider)
    assert access.can(Permission.EXECUTE, staging.pk)
    assert not access.can(Permission.EXECUTE, dev.pk)
    assert AuditEntry.objects.get().action == "grant.create"


def test_the_same_grant_again_is_the_same_grant(admin, people, now):
    first = grants.grant(actor=admin, now=now, role="viewer", person_id=people["outsider"].pk)

    assert grants.grant(actor=admin, now=now, role="viewer", person_id=people["outsider"].pk) == first
    assert AuditEntry.objects.count() == 1


@pytest.mark.db_semantics
@pytest.mark.parametrize("holder", ["person", "group"])
@pytest.mark.parametrize("where", ["one", "every"])
def test_the_database_keeps_no_grant_twice(people, staging, dev, now, holder, where):
    holders = {"person": people["outsider"], "group": Group.objects.create(name="some")}
    environment = staging if where == "one" else None
    grant = {"role": "viewer", holder: holders[holder], "environment": environment, "granted_at": now}
    first = RoleGrant.objects.create(**grant)

    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(**grant)

    RoleGrant.objects.create(**{**grant, "environment": dev})
    RoleGrant.objects.create(**{**grant, "role": "operator"})
    first.delete()
    assert RoleGrant.objects.create(**grant).pk


def test_a_revoked_grant_is_gone_from_the_next_request_on(admin, people, outsider, staging, now):
    made = grants.grant(actor=admin, now=now, role="viewer", person_id=people["outsider"].pk)

    grants.revoke(actor=admin, now=now, grant_id=made)

    assert not access_of(outsider).can(Permission.VIEW, staging.pk)
    with pytest.raises(NotFound):
        grants.revoke(actor=admin, now=now, grant_id=made)


def test_a_grant_to_oneself_is_told_to_every_other_admin(admin, second_admin, people, now):
    group = Group.objects.create(name="admins")
    people["admin"].groups.add(group)

    for receiver in ({"person_id": people["admin"].pk}, {"group_id": group.pk}):
        grants.grant(actor=admin, now=now, role="approver", **receiver)
    grants.grant(actor=admin, now=now, role="approver", person_id=people["outsider"].pk)

    told = Notification.objects.filter(kind="own_grant")
    assert {(row.person_id, row.text) for row in told} == {
        (second_admin.person_id, "admin gave themselves the role approver in every environment.")
    }
    assert told.count() == 2


def test_an_admin_of_one_environment_grants_there_only(people, staging, dev, now):
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="admin", environment=staging, granted_at=now)
    actor = actor_of(local, now)
    receiver = people["outsider"].pk

    grants.grant(actor=actor, now=now, role="viewer", person_id=receiver, environment_id=staging.pk)

    with pytest.raises(NotFound):
        grants.grant(actor=actor, now=now, role="viewer", person_id=receiver, environment_id=dev.pk)
    with pytest.raises(PermissionDenied):
        grants.grant(actor=actor, now=now, role="viewer", person_id=receiver)


@pytest.mark.parametrize("name", ["operator", "approver", "auditor", "viewer", "outsider"])
def test_only_admins_grant(cast, people, now, name):
    with pytest.raises(PermissionDenied):
        grants.grant(actor=cast.actors[name], now=now, role="viewer", person_id=people["outsider"].pk)


def test_a_token_grants_only_with_the_admin_scope(admin, people, now):
    weak = replace(admin, token_id=1, scopes=frozenset({"operate"}))

    with pytest.raises(PermissionDenied, match="lacks the scope"):
        grants.grant(actor=weak, now=now, role="viewer", person_id=people["outsider"].pk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"role": "king"}, "role"),
        ({"person_id": None}, "person"),
        ({"group_id": 1}, "person"),
        ({"person_id": 4040}, "person"),
        ({"person_id": None, "group_id": 4040}, "group"),
    ],
)
def test_bad_input_is_refused_by_field(admin, people, now, given, field):
    values = {"role": "viewer", "person_id": people["outsider"].pk, **given}
    before = RoleGrant.objects.count()

    with pytest.raises(InvalidInput) as refused:
        grants.grant(actor=admin, now=now, **values)

    assert field in [problem.field for problem in refused.value.problems]
    assert RoleGrant.objects.count() == before


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_the_same_grant_twice_at_once_is_made_once(admin, people, now):
    def grant():
        return grants.grant(actor=admin, now=now, role="operator", person_id=people["outsider"].pk)

    outcomes = at_once(grant, grant)

    assert not exceptions(outcomes)
    assert len(set(outcomes)) == 1
