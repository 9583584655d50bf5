from datetime import timedelta

import pytest

from migrations_app.models import Migration
from migrations_app.selectors.migration_lists import MigrationFilters, list_migrations, migration_facets
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(stage, production_stage, people, now):
    """By title: carts (staging, planned), logins (production, draft), profiles (staging, draft, of somebody else)."""
    carts, logins, profiles = (
        stage.planned(title="carts"),
        production_stage.migration(title="logins"),
        stage.migration(title="profiles"),
    )
    Migration.objects.filter(pk=profiles.pk).update(created_by=people["admin"])
    for minutes, row in enumerate((logins, carts, profiles)):
        Migration.objects.filter(pk=row.pk).update(changed_at=now + timedelta(minutes=minutes))
    return {row.title: row for row in (carts, logins, profiles)}


def titles(actor, order="", cursor="", limit=50, **filters):
    asked = MigrationFilters(**filters)
    found = list_migrations(actor=actor, now=NOW, filters=asked, order=order, cursor=cursor, limit=limit)
    return [row.title for row in found.rows], found.next_cursor


def counts(actor, **filters):
    found = migration_facets(actor=actor, now=NOW, filters=MigrationFilters(**filters))
    return {facet.name: {value.value: value.count for value in facet.values} for facet in found}


def test_each_filter_leaves_its_own(three, operator):
    risk = list_migrations(actor=operator, now=NOW, filters=MigrationFilters(q="carts")).rows[0].risk_level

    assert titles(operator, mine=True)[0] == ["logins", "carts"]
    assert titles(operator, risk=str(risk))[0] == ["carts"]
    assert titles(operator, environment="staging", status="draft")[0] == ["profiles"]
    assert titles(operator, status="no such status")[0] == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", ["profiles", "logins", "carts"]),
        ("title", ["carts", "logins", "profiles"]),
        ("-title", ["profiles", "logins", "carts"]),
        ("changed", ["logins", "carts", "profiles"]),
        ("-changed", ["profiles", "carts", "logins"]),
        ("risk", ["logins", "profiles", "carts"]),  # without a plan there is none
        ("-risk", ["carts", "profiles", "logins"]),
        ("password", ["profiles", "logins", "carts"]),
    ],
)
def test_slices_of_every_order_follow_each_other(three, operator, order, expected):
    seen, cursor = [], ""
    for _ in expected:
        (title,), cursor = titles(operator, order, cursor, limit=1)
        seen.append(title)

    assert seen == expected
    assert cursor == ""


def test_facets_count_what_each_further_filter_would_leave(three, operator):
    assert counts(operator)["status"] == {"draft": 2, "planned": 1}
    assert counts(operator)["environment"] == {"staging": 2, "production": 1}
    assert counts(operator)["mine"] == {"1": 2}
    assert sum(counts(operator)["risk"].values()) == 1

    narrowed = counts(operator, environment="staging")
    assert narrowed["status"] == {"draft": 1, "planned": 1}
    assert narrowed["environment"] == {"staging": 2, "production": 1}  # not narrowed by itself
    (level,) = narrowed["risk"]
    assert counts(operator, risk=level)["status"] == {"planned": 1}


def test_facets_show_only_what_one_may_see(three, outsider):
    assert counts(outsider) == {
        "status": {}, "review_state": {}, "environment": {}, "type": {}, "risk": {}, "mine": {"1": 0},
    }  # fmt: skip
