from datetime import timedelta

import pytest

from migrations_app.models import Migration, Run
from migrations_app.selectors.migrations import migration_page
from migrations_app.services import reviews, targets
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def next_of(actor, migration, now):
    action = migration_page(actor=actor, migration_id=migration.pk, now=now).next_action
    return action.operation, action.enabled


def run_of(migration, people, now, **values):
    given = {"kind": "apply", "state": "succeeded", "started_at": now, "ended_at": now, **values}
    return Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        started_by=people["operator"],
        created_at=now,
        **given,
    )


def approved(stage, approver, now):
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    reviews.decide(
        actor=approver, now=now, migration_id=migration.pk, digest=newest(migration).digest, decision="approve"
    )
    return migration


def test_approved_and_tried_it_is_started(stage, operator, approver, people, now):
    migration = approved(stage, approver, now)
    assert next_of(operator, migration, now) == ("validate", True)

    run_of(migration, people, now, kind="dry_run")

    assert next_of(operator, migration, now) == ("execute", True)
    assert next_of(approver, migration, now) == ("execute", False)


def test_tried_but_not_submitted_it_is_submitted(stage, operator, people, now):
    migration = stage.planned()
    run_of(migration, people, now, kind="dry_run")

    assert next_of(operator, migration, now) == ("submit", True)


def test_in_review_the_author_waits(stage, operator, approver, people, now):
    migration = stage.planned()
    run_of(migration, people, now, kind="dry_run")
    reviews.submit(actor=operator, now=now, migration_id=migration.pk)

    page = migration_page(actor=operator, migration_id=migration.pk, now=now)

    assert (page.next_action.operation, page.next_action.enabled) == ("sign", False)
    assert page.next_action.why_not == "you wrote revision 1"
    assert next_of(approver, migration, now) == ("sign", True)


def test_a_changed_target_asks_for_another_plan(stage, operator, admin, now, tmp_path):
    migration = stage.planned()
    config = {"store": "sqlite", "path": str(tmp_path / "moved.sqlite3")}
    targets.edit(actor=admin, now=now, target_id=stage.target_id, version=1, config=config)

    assert next_of(operator, migration, now) == ("plan", True)


def test_a_live_run_is_watched_by_everybody(stage, operator, viewer, people, now):
    migration = stage.planned()
    run = run_of(migration, people, now, state="running", ended_at=None)

    for actor in (operator, viewer):
        action = migration_page(actor=actor, migration_id=migration.pk, now=now).next_action
        assert (action.operation, action.enabled, action.run_id) == ("watch", True, run.pk)


@pytest.mark.parametrize(
    ("status", "age", "expected"),
    [
        ("completed", timedelta(hours=1), ("roll_back", True)),
        ("completed", timedelta(hours=25), ("roll_back", False)),
        ("failed", timedelta(hours=1), ("roll_back", True)),
        ("failed", timedelta(hours=25), ("plan", True)),
        ("rolled_back", timedelta(hours=1), ("clone", True)),
        ("cancelled", timedelta(hours=1), ("clone", True)),
    ],
)
def test_after_the_end(stage, operator, people, now, status, age, expected):
    migration = stage.planned()
    run_of(migration, people, now - age)
    Migration.objects.filter(pk=migration.pk).update(status=status)

    assert next_of(operator, migration, now) == expected


def test_a_stuck_run_comes_before_everything_else(stage, operator, people, now):
    migration = stage.planned()
    run = run_of(migration, people, now, state="stuck")
    Migration.objects.filter(pk=migration.pk).update(status="failed", needs_person=True)

    action = migration_page(actor=operator, migration_id=migration.pk, now=now).next_action
    assert (action.operation, action.label, action.run_id) == ("watch", f"Open run {run.pk}", run.pk)


def test_a_declined_plan_is_changed_before_anything_else(stage, operator, approver, now):
    migration = stage.planned()
    reviews.submit(actor=operator, now=now, migration_id=migration.pk)
    digest = newest(migration).digest
    reviews.decide(
        actor=approver, now=now, migration_id=migration.pk, digest=digest, decision="reject", comment="not tonight"
    )

    assert next_of(operator, migration, now) == ("edit", True)
    assert next_of(approver, migration, now) == ("edit", False)
