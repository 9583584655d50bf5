import pytest

from migrations_app.models import Migration
from migrations_app.selectors.migration_rows import rows_of, with_newest_plan
from migrations_app.services import reviews
from tests.cast import NOW
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def rows():
    return rows_of(with_newest_plan(Migration.objects.order_by("pk")), now=NOW)


def test_a_draft_has_no_plan_yet(stage):
    stage.migration()

    (row,) = rows()

    assert (row.revision, row.digest, row.risk_level, row.live_run_id) == (None, "", None, None)
    assert [(target.role, target.name) for target in row.targets] == [
        ("source", "sessions-source"),
        ("target", "sessions-target"),
    ]
    assert (row.created_by, row.environment, row.required_approvals) == ("operator", "staging", 1)


def test_the_newest_plan_and_its_approvals(production_stage, approver, now):
    migration = production_stage.planned()
    reviews.submit(actor=production_stage.operator, now=now, migration_id=migration.pk)
    digest = newest(migration).digest
    reviews.decide(actor=approver, now=now, migration_id=migration.pk, digest=digest, decision="approve")

    (row,) = rows()

    assert (row.revision, row.digest, row.approvals, row.required_approvals) == (1, digest, 1, 2)
    assert row.risk_score == newest(migration).risk_score


def test_many_rows_take_as_many_queries_as_one(stage, django_assert_num_queries):
    for _ in range(3):
        stage.migration()

    with django_assert_num_queries(7):
        assert len(rows()) == 3
