import pytest
from django.contrib.auth.models import Group

from migrations_app.models import Person, RoleGrant
from migrations_app.selectors.access import access_of
from migrations_app.selectors.policies import list_policies, policy_choices, policy_page, visible_version
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import policies, reviews
from tests.cast import NOW, actor_of
from tests.policies import in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def only_dev(dev, now):
    person = Person.objects.create_user("only_dev")
    RoleGrant.objects.create(person=person, role="viewer", environment=dev, granted_at=now)
    return actor_of(person, now)


def test_what_waits_comes_first_and_what_is_retired_last(admins, viewer, now):
    made = in_force(admins, now, name="Aaa")
    number = policies.propose_retirement(actor=admins[0], now=now, policy_id=made)
    policies.confirm(actor=admins[1], now=now, policy_id=made, number=number)
    policies.propose(actor=admins[0], now=now, name="Zzz", conditions={}, requirements=[])

    rows = list_policies(actor=viewer)

    assert [row.name for row in rows] == ["Zzz", "Plans in dev", "Plans in production", "Plans in staging", "Aaa"]
    assert (rows[0].active, rows[0].proposal.requires) == (None, "no signature")
    assert (rows[-1].active, rows[-1].proposal) == (None, None)


def test_who_sees_one_environment_sees_nothing_of_another(admins, only_dev, outsider, now):
    both = in_force(admins, now, name="Both", scope="named", environments=["dev", "production"])
    secret = in_force(admins, now, name="Secret", scope="named", environments=["production"])

    assert [row.name for row in list_policies(actor=only_dev)] == ["Both", "Plans in dev"]
    version = policy_page(actor=only_dev, policy_id=both, now=NOW).row.active
    assert (version.about, version.environments) == ("plans in dev and elsewhere", ("dev",))
    with pytest.raises(NotFound):
        policy_page(actor=only_dev, policy_id=secret, now=NOW)
    with pytest.raises(NotFound):
        visible_version(access_of(only_dev), secret, 1)
    assert policy_choices(actor=only_dev).environments == ("dev",)
    assert list_policies(actor=outsider) == ()


def test_a_page_says_who_can_confirm_and_how_many_reviews_it_is_asked_of(stage, admins, viewer, now):
    made = in_force(admins, now)
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    policies.propose_change(
        actor=admins[0], now=now, policy_id=made, conditions={}, requirements=[{"role": "auditor", "count": 2}]
    )

    first, second, third = (policy_page(actor=actor, policy_id=made, now=NOW) for actor in (*admins, viewer))

    assert first.why_not_confirm == "you proposed it: another admin has to"
    assert second.why_not_confirm == ""
    assert third.why_not_confirm == "only an admin can, in a browser"
    assert (first.can_propose, third.can_propose, first.open_reviews) == (True, False, 1)
    assert [version.requires for version in first.versions] == ["2 approvers with the role auditor", "1 approver"]
    assert first.versions[1].confirmed_by == "second_admin"


def test_choices_name_every_group(admin):
    Group.objects.create(name="dba")

    assert policy_choices(actor=admin).groups == ("dba", "viewers")


def test_what_is_not_there_is_not_found(admin):
    for wrong in (0, -1, 10**30, 999_999):
        with pytest.raises(NotFound):
            policy_page(actor=admin, policy_id=wrong, now=NOW)


def test_many_policies_take_as_many_queries_as_one(admins, viewer, now, django_assert_num_queries):
    for number in range(5):
        in_force(admins, now, name=f"Careful {number}")

    with django_assert_num_queries(9):
        assert len(list_policies(actor=viewer)) == 8
