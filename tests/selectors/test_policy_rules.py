import pytest

from migrations_app.models import Migration, PlanRevision
from migrations_app.selectors.policy_rules import asked_of, in_force, least_signatures, traits_of
from migrations_app.selectors.risk import level_now
from tests import policies
from tests.cast import NOW
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_an_environment_asks_for_what_holds_for_every_plan_there(cast, admins, now):
    policies.in_force(admins, now, name="Everywhere", scope="protected")
    policies.in_force(admins, now, name="Sometimes", risk_at_least="high")

    places = cast.environments.values()
    assert least_signatures(places) == {
        place.pk: {"dev": 0, "staging": 1, "production": 3}[place.name] for place in places
    }


def test_a_policy_sees_what_the_revision_says(stage, admins, now):
    policies.in_force(admins, now, zero_downtime=True, irreversible=True, requirements=[])
    migration = stage.planned()
    assert [p.name for p in asked_of(migration, newest(migration), now=NOW).policies] == ["Plans in staging"]

    PlanRevision.objects.update(zero_downtime=True, irreversible=True, risk_level="high")

    revision = newest(migration)
    assert traits_of(migration, revision, level_now(migration, revision, now=NOW)).risk == "high"
    assert [p.name for p in asked_of(migration, revision, now=NOW).policies] == ["Careful", "Plans in staging"]
    PlanRevision.objects.update(approval_required=False)
    assert asked_of(migration, newest(migration), now=NOW).policies == ()


def test_before_there_is_a_plan_what_is_known_counts(stage):
    assert len(asked_of(stage.migration(), None, now=NOW).slots) == 1


def test_the_policies_take_four_queries_however_many_there_are(cast, django_assert_num_queries):
    with django_assert_num_queries(4):
        assert len(in_force()) == 3
    assert not Migration.objects.exists()
