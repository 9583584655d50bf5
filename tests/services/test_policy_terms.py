import pytest
from django.contrib.auth.models import Group

from migrations_app.selectors.policy_rules import in_force as known
from migrations_app.services import policies
from migrations_app.services.errors import InvalidInput
from tests.policies import in_force

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("conditions", "requirements", "fields"),
    [
        ({"colour": "red"}, [], ["conditions.colour"]),
        ({"scope": "some"}, [], ["conditions.scope"]),
        ({"scope": "named"}, [], ["conditions.environments"]),
        ({"scope": "named", "environments": ["nowhere"]}, [], ["conditions.environments"]),
        ({"environments": ["dev"]}, [], ["conditions.environments"]),
        ({"types": ["magic"]}, [], ["conditions.types"]),
        ({"risk_at_least": "huge"}, [], ["conditions.risk_at_least"]),
        ({"zero_downtime": "yes", "irreversible": 1}, [], ["conditions.zero_downtime", "conditions.irreversible"]),
        ({}, [{"role": "king", "count": 0}], ["requirements.0.count", "requirements.0.role"]),
        ({}, [{"count": 1}], ["requirements.0"]),
        ({}, [{"role": "approver", "group": "dba"}], ["requirements.0"]),
        ({}, [{"group": "nobody"}], ["requirements.0.group"]),
        ({}, [{"role": "approver"}, {"role": "approver"}], ["requirements.1"]),
        ({}, [{"role": "approver", "count": 20}, {"role": "admin", "count": 1}], ["requirements"]),
        ({}, [{"role": "approver"}] * 11, ["requirements"]),
    ],
)
def test_every_problem_with_its_field(admin, now, conditions, requirements, fields):
    with pytest.raises(InvalidInput) as refused:
        policies.propose(actor=admin, now=now, name="x", conditions=conditions, requirements=requirements)

    assert [problem.field for problem in refused.value.problems] == fields
    assert all(problem.fix for problem in refused.value.problems)


def test_what_is_written_is_what_comes_into_force(admins, now):
    from_group = {"group": Group.objects.create(name="dba").name, "count": 2}
    in_force(
        admins,
        now,
        requirements=[from_group, {"role": "approver", "count": 1}],
        scope="named",
        environments=["staging", "dev"],
        types=["session_migration"],
        risk_at_least="medium",
        irreversible=True,
    )

    (policy,) = (each for each in known() if each.name == "Careful")
    assert policy.conditions.sentence() == (
        "session migrations of medium or high risk, with an irreversible step in dev or staging"
    )
    assert policy.requires == "2 members of dba and 1 approver"
