from pathlib import Path

import pytest

from migrations_app.models import AuditEntry, Migration, PlanRevision
from migrations_app.services import migrations, planning, targets
from migrations_app.services.errors import Conflict, InvalidInput, PermissionDenied, StaleEdit
from tests.parallel import at_once, exceptions
from tests.stores_on_disk import newest, target

pytestmark = pytest.mark.django_db


def plan(stage, migration):
    return planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)


def test_a_plan_is_an_immutable_revision_of_what_was_seen(stage):
    migration = stage.migration()

    planned = plan(stage, migration)

    migration.refresh_from_db()
    revision = newest(migration)
    assert (planned.revision, planned.changed, planned.digest) == (1, True, revision.digest)
    assert migration.status == "planned"
    assert revision.content["steps"][0]["id"] == "prepare"
    assert len(revision.content["steps"]) == len(revision.content["rollback_steps"]) == 8
    assert set(revision.fingerprints) == {"source", "target"}
    entry = AuditEntry.objects.get(action="migration.plan")
    assert revision.digest.encode() in bytes(entry.body)


def test_planning_again_makes_another_revision_of_the_same_digest(stage):
    migration = stage.planned()

    planned = plan(stage, migration)

    assert (planned.revision, planned.changed) == (2, False)
    first, second = PlanRevision.objects.order_by("number")
    assert first.digest == second.digest
    assert list(migration.editors.values_list("revision", flat=True)) == [1]


def test_source_and_target_must_differ(stage):
    migration = stage.migration(targets={"source": stage.source_id, "target": stage.source_id})

    with pytest.raises(InvalidInput) as refused:
        plan(stage, migration)

    assert any(problem.field.startswith("targets.") for problem in refused.value.problems)
    assert not PlanRevision.objects.exists()


def test_a_target_that_is_not_empty_is_refused(stage):
    migration = stage.migration(targets={"source": stage.target_id, "target": stage.source_id})

    with pytest.raises(InvalidInput) as refused:
        plan(stage, migration)

    assert "targets.target" in [problem.field for problem in refused.value.problems]


def test_a_source_that_is_not_there_is_named(stage):
    Path(target(stage.source_id).config["path"]).unlink()
    migration = stage.migration()

    with pytest.raises(InvalidInput) as refused:
        plan(stage, migration)

    problem = refused.value.problems[0]
    assert problem.field == "targets.source"
    assert problem.fix
    migration.refresh_from_db()
    assert migration.status == "draft"


def test_a_zero_downtime_plan_has_a_second_sign_off_and_two_steps_that_cannot_be_undone(stage):
    planned = plan(stage, stage.migration(options={"zero_downtime": True}))

    steps = PlanRevision.objects.get(digest=planned.digest).content["steps"]
    assert [step["id"] for step in steps if step["confirm"]] == ["complete"]
    assert [step["id"] for step in steps if not step["reversible"]] == ["complete", "retire"]


def test_only_operators_plan(stage, viewer, approver):
    migration = stage.migration()

    for actor in (viewer, approver):
        with pytest.raises(PermissionDenied):
            planning.plan(actor=actor, now=stage.now, migration_id=migration.pk)

    assert AuditEntry.objects.filter(outcome="denied", action="migration.plan").count() == 2


def test_a_cancelled_migration_is_not_planned(stage):
    migration = stage.migration()
    migrations.cancel(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    with pytest.raises(Conflict):
        plan(stage, migration)


def test_what_cannot_be_planned_is_not_created_either(stage):
    draft = stage.draft(targets={"source": stage.source_id, "target": stage.source_id})

    with pytest.raises(InvalidInput):
        planning.create_and_plan(actor=stage.operator, now=stage.now, draft=draft)

    assert not Migration.objects.exists()


def test_created_and_planned_in_one_go(stage):
    planned = planning.create_and_plan(actor=stage.operator, now=stage.now, draft=stage.draft())

    assert Migration.objects.get(pk=planned.migration_id).status == "planned"


def test_a_secret_never_enters_a_plan(stage, admin, now):
    targets.edit(actor=admin, now=now, target_id=stage.source_id, version=1, secrets={"password": "hunter2 hunter2"})

    revision = newest(stage.planned())

    stored = [revision.content, revision.source_state, revision.target_state, revision.fingerprints]
    assert "hunter2" not in repr(stored)
    assert not AuditEntry.objects.filter(body__contains=b"hunter2").exists()


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_an_edit_while_planning_leaves_no_plan_of_the_old_content(stage):
    migration = stage.migration()
    draft = stage.draft(description="edited at the same moment")

    outcomes = at_once(
        lambda: plan(stage, migration),
        lambda: migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=1, draft=draft),
    )

    assert not [error for error in exceptions(outcomes) if not isinstance(error, StaleEdit)]
    migration.refresh_from_db()
    revision = PlanRevision.objects.order_by("-number").first()
    current = revision is not None and revision.content["description"] == migration.description
    assert (migration.status == "planned") == current


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_two_plans_at_once_get_numbers_of_their_own(stage):
    migration = stage.migration()

    outcomes = at_once(lambda: plan(stage, migration), lambda: plan(stage, migration))

    assert not exceptions(outcomes)
    assert sorted(outcome.revision for outcome in outcomes) == [1, 2]
    assert sum(outcome.changed for outcome in outcomes) == 1
