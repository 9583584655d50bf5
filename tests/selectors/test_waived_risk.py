"""What is waived lowers the risk wherever a risk is shown or asked by, and only for as long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import Migration, RoleGrant
from migrations_app.selectors.environments import environment_page
from migrations_app.selectors.guide import guide
from migrations_app.selectors.home import home_page
from migrations_app.selectors.migration_lists import MigrationFilters, list_migrations, migration_facets
from migrations_app.selectors.migrations import migration_page, migration_row
from migrations_app.selectors.policy_replay import replay
from migrations_app.selectors.risk import newest_risks, risks_of
from migrations_app.selectors.statuses import plan_dict
from migrations_app.services import waivers
from migrations_app.services.actor import Actor
from tests.policies import in_force
from tests.stores_on_disk import Stage, newest
from tests.waiving import RULE, high, risky, waive

pytestmark = pytest.mark.db_semantics
HOUR = timedelta(hours=1)
CALM, HIGH = ("low", 0), ("high", 40)


@pytest.fixture
def policy(admins: tuple[Actor, Actor], now: datetime) -> int:
    """Two more approvers where the risk is high."""
    return in_force(admins, now, risk_at_least="high", requirements=[{"count": 2, "role": "approver"}])


@pytest.fixture
def migration(stage: Stage, policy: int) -> Migration:
    return high(risky(stage))


def said(stage: Stage, migration: Migration, policy: int, now: datetime) -> dict[str, tuple[Any, ...]]:
    """By place: level and score or what is asked, as that place says it."""
    actor, key = stage.operator, migration.pk
    page = migration_page(actor=actor, migration_id=key, now=now)
    rows = {
        "list": list_migrations(actor=actor, now=now).rows[0],
        "row": migration_row(actor=actor, migration_id=key, now=now),
        "page": page.row,
        "home": home_page(actor=actor, now=now).recent[0],
        "environment": environment_page(actor=actor, environment_id=stage.environment.pk, now=now).migrations[0],
    }
    plan = plan_dict(actor=actor, migration_id=key, now=now)
    guided = guide(actor=actor, now=now)
    assert guided is not None
    replayed = [
        (row.risk_level, row.needed_now) for row in replay(actor=actor, policy_id=policy, number=1, now=now).rows
    ]
    assert page.risk is not None
    levels = {
        value.value: value.count
        for facet in migration_facets(actor=actor, now=now, filters=MigrationFilters())
        for value in facet.values
        if facet.name == "risk"
    }
    return {place: (row.risk_level, row.risk_score, row.required_approvals) for place, row in rows.items()} | {
        "risk": (page.risk.level, page.risk.score, page.review.required),
        "plan": (
            plan["risk_level"],
            plan["risk_assessment"]["score"],
            sum(each["count"] for each in plan["signature_requirements"]),
        ),
        "facets": tuple(levels.items()),
        "filtered": tuple(
            level
            for level in ("low", "medium", "high")
            if list_migrations(actor=actor, now=now, filters=MigrationFilters(risk=level)).rows
        ),
        "guide": (guided.steps[3].text.split()[1],),
        "replay": tuple(replayed),
    }


def test_every_place_says_the_same_and_stops_saying_it_at_the_same_moment(
    stage: Stage, migration: Migration, policy: int, approver: Actor, now: datetime
) -> None:
    waive(approver, migration, now, until=now + HOUR)

    calm, after = (said(stage, migration, policy, moment) for moment in (now, now + HOUR))
    for place in ("list", "row", "page", "home", "environment", "risk", "plan"):
        assert calm[place] == (*CALM, 1), place
        assert after[place] == (*HIGH, 3), place
    assert (calm["facets"], after["facets"]) == ((("low", 1),), (("high", 1),))
    assert (calm["filtered"], after["filtered"]) == (("low",), ("high",))
    assert (calm["guide"], after["guide"]) == (("1",), ("3",))
    assert (calm["replay"], after["replay"]) == ((), (("high", 3),))  # of low risk the policy is not about it


def withdrawn(stage: Stage, migration: Migration, number: int, now: datetime) -> None:
    waivers.withdraw(actor=stage.cast.actors["admin"], now=now, migration_id=migration.pk, waiver_id=number)


def role_lost(stage: Stage, migration: Migration, number: int, now: datetime) -> None:
    RoleGrant.objects.filter(person=stage.cast.people["approver"]).delete()


def giver_edited(stage: Stage, migration: Migration, number: int, now: datetime) -> None:
    migration.editors.create(person=stage.cast.people["approver"], revision=1)


def heavier(stage: Stage, migration: Migration, number: int, now: datetime) -> None:
    revision = newest(migration)
    revision.findings = [f | {"weight": 41} if f["rule"] == RULE else f for f in revision.findings]
    revision.save(update_fields=["findings"])


@pytest.mark.parametrize("happens", [withdrawn, role_lost, giver_edited, heavier])
def test_whatever_ends_a_waiver_ends_it_in_lists_and_replay_too(
    stage: Stage,
    migration: Migration,
    approver: Actor,
    now: datetime,
    happens: Callable[[Stage, Migration, int, datetime], None],
) -> None:
    number = waive(approver, migration, now)
    assert set(newest_risks(now=now)) == {migration.pk}
    assert set(risks_of([newest(migration)], now=now)) == {newest(migration).pk}
    happens(stage, migration, number, now)

    assert newest_risks(now=now) == {}
    assert risks_of([newest(migration)], now=now) == {}


def test_the_order_by_risk_goes_by_what_counts_slice_by_slice(
    stage: Stage, migration: Migration, approver: Actor, now: datetime
) -> None:
    loud, quiet = high(risky(stage)), migration
    waive(approver, quiet, now)
    seen, cursor = [], ""
    for _ in range(2):
        found = list_migrations(actor=stage.operator, now=now, order="-risk", cursor=cursor, limit=1)
        seen.append(found.rows[0].id)
        cursor = found.next_cursor

    assert seen == [loud.pk, quiet.pk]
    assert cursor == ""


def test_as_many_queries_for_many_waivers_as_for_one(
    stage: Stage, migration: Migration, policy: int, approver: Actor, now: datetime
) -> None:
    def look() -> None:
        list_migrations(actor=stage.operator, now=now)
        migration_facets(actor=stage.operator, now=now, filters=MigrationFilters())
        replay(actor=stage.operator, policy_id=policy, number=1, now=now)

    waive(approver, migration, now)
    with CaptureQueriesContext(connection) as few:
        look()
    for _ in range(3):
        waive(approver, high(risky(stage)), now)
    with CaptureQueriesContext(connection) as many:
        look()

    assert len(many) == len(few)
