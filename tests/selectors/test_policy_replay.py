import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import PlanRevision, RoleGrant
from migrations_app.selectors import policy_replay
from migrations_app.selectors.policy_replay import replay
from migrations_app.services import planning, policies
from tests.cast import NOW
from tests.policies import in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(stage, production_stage):
    """A plan in staging, of high risk, and one in production, of low risk."""
    risky = stage.planned(title="Risky")
    PlanRevision.objects.filter(migration=risky).update(risk_level="high")
    production_stage.planned(title="Calm")


def proposed(admins, now, **conditions):
    Group.objects.get_or_create(name="dba")
    return policies.propose(
        actor=admins[0], now=now, name="Careful", conditions=conditions, requirements=[{"group": "dba", "count": 1}]
    )


def test_it_says_what_each_plan_that_it_is_about_would_have_needed(past, admins, viewer, now):
    made = proposed(admins, now, risk_at_least="high")

    found = replay(now=NOW, actor=viewer, policy_id=made, number=1)

    (row,) = found.rows
    assert (row.title, row.revision, row.risk_level) == ("Risky", 1, "high")
    assert (row.asks_now, row.asks_then) == ("1 approver", "1 member of dba and 1 approver")
    assert (row.needed_now, row.needed_then) == (1, 2)
    assert (found.scanned, found.changed, found.next_cursor) == (2, 1, "")


def test_a_version_takes_the_place_of_the_one_in_force(past, admins, now):
    made = proposed(admins, now)
    policies.confirm(actor=admins[1], now=now, policy_id=made, number=1)
    number = policies.propose_change(
        actor=admins[0], now=now, policy_id=made, conditions={"scope": "protected"}, requirements=[]
    )

    rows = {row.title: row for row in replay(now=NOW, actor=admins[0], policy_id=made, number=number).rows}

    assert (rows["Risky"].asks_now, rows["Risky"].asks_then) == ("1 member of dba and 1 approver", "1 approver")
    assert (rows["Calm"].asks_now, rows["Calm"].asks_then) == ("1 member of dba and 2 approvers", "2 approvers")
    assert replay(now=NOW, actor=admins[0], policy_id=made, number=1).changed == 0


def test_an_end_that_would_block_says_so(past, admins, staging, now):
    own = staging.own_policy.pk
    number = policies.propose_retirement(actor=admins[0], now=now, policy_id=own)

    (row,) = replay(now=NOW, actor=admins[0], policy_id=own, number=number).rows

    assert (row.title, row.blocked_then, row.asks_then) == ("Risky", True, "blocked: no policy is about it")


def test_only_plans_that_the_reader_may_see(past, admins, viewer, staging, now):
    RoleGrant.objects.filter(group__name="viewers").update(environment=staging)
    made = proposed(admins, now)

    assert [row.title for row in replay(now=NOW, actor=viewer, policy_id=made, number=1).rows] == ["Risky"]


def test_pages_are_bounded_and_go_on_where_the_last_one_ended(stage, admins, now, monkeypatch):
    migration = stage.planned()
    for _ in range(4):
        planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)
    made = in_force(admins, now)
    monkeypatch.setattr(policy_replay, "ROWS", 2)
    monkeypatch.setattr(policy_replay, "MOST_SCANNED", 3)
    seen, cursor = [], ""
    while True:
        page = replay(now=NOW, actor=admins[0], policy_id=made, number=1, cursor=cursor)
        assert len(page.rows) <= 2
        seen += [row.revision for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break

    assert seen == [5, 4, 3, 2, 1]


def test_it_takes_as_many_queries_for_many_plans_as_for_one(
    past, stage, admins, viewer, now, django_assert_num_queries
):
    made = proposed(admins, now)
    with CaptureQueriesContext(connection) as few:
        replay(now=NOW, actor=viewer, policy_id=made, number=1)
    stage.planned(title="More")
    with django_assert_num_queries(len(few)):
        replay(now=NOW, actor=viewer, policy_id=made, number=1)
