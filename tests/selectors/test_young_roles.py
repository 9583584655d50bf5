from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from migrations_app.engine.vocabulary import Role
from migrations_app.models import GivenAccess, Person, RoleGrant
from migrations_app.selectors.young_roles import WAIT, Young, young_role
from tests.cast import Cast

pytestmark = pytest.mark.db_semantics


@pytest.fixture
def holder(cast: Cast) -> Person:
    """Has no role yet, and is in a group that has none."""
    cast.people["outsider"].groups.add(Group.objects.create(name="new"))
    return cast.people["outsider"]


def given(giver: Person | None, now: datetime, **holder: Any) -> None:
    RoleGrant.objects.create(role="approver", granted_by=giver, granted_at=now, **holder)


def looked(cast: Cast, holder: Person, now: datetime) -> Young | None:
    """The operator has an interest."""
    to = [cast.people["operator"].pk]
    return young_role(holder.pk, [Role.APPROVER], environment=cast.environments["staging"], to=to, now=now)


@pytest.mark.parametrize("through_a_group", [False, True])
def test_from_somebody_with_an_interest_it_waits_a_day(
    cast: Cast, holder: Person, now: datetime, through_a_group: bool
) -> None:
    to = {"group": Group.objects.get(name="new")} if through_a_group else {"person": holder}
    given(cast.people["operator"], now, **to)

    young = looked(cast, holder, now)
    assert young == Young(now + WAIT, "operator")
    said = young.sentence("approver", "signs", you=True)
    assert said == "you got the approver role from operator less than a day ago, which signs from 2 March 12:00 UTC on"
    assert looked(cast, holder, now + WAIT - timedelta(seconds=1)) is not None
    assert looked(cast, holder, now + WAIT) is None


def test_from_themselves_it_says_so(cast: Cast, holder: Person, now: datetime) -> None:
    given(holder, now, person=holder)
    young = looked(cast, holder, now)
    assert young is not None
    assert young.sentence("approver", "signs").startswith("gave themselves the approver role, which signs from")


@pytest.mark.parametrize("giver", ["admin", None])
def test_from_anybody_else_it_counts_at_once(cast: Cast, holder: Person, now: datetime, giver: str | None) -> None:
    given(cast.people[giver] if giver else None, now, person=holder)
    assert looked(cast, holder, now) is None


def test_one_way_that_counts_is_enough_and_superusers_wait_for_nothing(
    cast: Cast, holder: Person, now: datetime
) -> None:
    given(cast.people["operator"], now, person=holder)
    given(cast.people["admin"], now, group=Group.objects.get(name="new"))
    assert looked(cast, holder, now) is None

    RoleGrant.objects.filter(group__name="new").delete()
    Person.objects.filter(pk=holder.pk).update(is_superuser=True)
    assert looked(cast, holder, now) is None


def test_two_new_admins_who_made_each_other_vouch_for_nobody(cast: Cast, holder: Person, now: datetime) -> None:
    first, second = (Person.objects.create_user(name) for name in ("first", "second"))
    for maker, made in ((first, second), (second, first)):
        RoleGrant.objects.create(role="admin", person=made, granted_by=maker, granted_at=now)
    given(first, now, person=holder)
    assert looked(cast, holder, now) == Young(now + WAIT, "first")


@pytest.fixture
def in_force(cast: Cast, holder: Person, now: datetime) -> Group:
    """A group that has had the role for long, and the holder in it."""
    group = Group.objects.get(name="new")
    given(cast.people["admin"], now - 9 * WAIT, group=group)
    return group


def handed(giver: Person, holder: Person, now: datetime, group: Group | None = None) -> None:
    GivenAccess.objects.create(person=holder, group=group, given_by=giver, given_at=now)


def test_being_in_a_group_by_somebody_with_an_interest_waits_a_day(
    cast: Cast, holder: Person, in_force: Group, now: datetime
) -> None:
    assert looked(cast, holder, now) is None
    handed(cast.people["operator"], holder, now, in_force)
    assert looked(cast, holder, now) == Young(now + WAIT, "operator")
    assert looked(cast, holder, now + WAIT) is None

    handed(cast.people["admin"], holder, now, in_force)  # taken out, and put back by somebody else
    assert looked(cast, holder, now) is None


def test_an_account_that_somebody_with_an_interest_could_use_waits_a_day(
    cast: Cast, holder: Person, in_force: Group, now: datetime
) -> None:
    handed(cast.people["admin"], holder, now)
    assert looked(cast, holder, now) is None
    handed(cast.people["operator"], holder, now)

    young = looked(cast, holder, now)
    assert young == Young(now + WAIT, "operator", way_in=True)
    assert young.sentence("approver", "signs", you=True) == (
        "your account was made or changed by operator less than a day ago: the approver role signs from 2 March 12:00 "
        "UTC on"
    )
    Person.objects.filter(pk=holder.pk).update(is_superuser=True)
    assert looked(cast, holder, now) == young
    assert looked(cast, holder, now + WAIT) is None


def test_an_admin_in_whose_account_somebody_with_an_interest_is_vouches_for_nobody(
    cast: Cast, holder: Person, now: datetime
) -> None:
    given(cast.people["admin"], now, person=holder)
    assert looked(cast, holder, now) is None
    handed(cast.people["operator"], cast.people["admin"], now)
    assert looked(cast, holder, now) == Young(now + WAIT, "admin")


def test_an_admin_by_a_group_that_somebody_with_an_interest_put_them_into_vouches_for_nobody(
    cast: Cast, holder: Person, now: datetime
) -> None:
    puppet, admins = Person.objects.create_user("puppet"), Group.objects.create(name="admins")
    RoleGrant.objects.create(role="admin", group=admins, granted_by=cast.people["admin"], granted_at=now - 9 * WAIT)
    puppet.groups.add(admins)
    given(puppet, now, person=holder)
    assert looked(cast, holder, now) is None

    handed(cast.people["operator"], puppet, now, admins)
    assert looked(cast, holder, now) == Young(now + WAIT, "puppet")


def test_two_admins_who_gave_each_other_new_passwords_still_vouch(cast: Cast, holder: Person, now: datetime) -> None:
    other = Person.objects.create_user("other")
    RoleGrant.objects.create(role="admin", person=other, granted_at=now - 9 * WAIT)
    handed(other, cast.people["admin"], now)
    handed(cast.people["admin"], other, now)
    given(cast.people["admin"], now, person=holder)
    assert looked(cast, holder, now) is None
