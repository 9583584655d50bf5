from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import ClaimedTarget, Migration, PlanRevision, RoleGrant, Run, StepRun, Target
from migrations_app.selectors.start_check import start_check, start_facts
from migrations_app.services import reviews, windows
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def codes(migration, now, kind=RunKind.APPLY):
    migration.refresh_from_db()
    revision = migration.revisions.order_by("-number").first()
    return {unmet.code for unmet in start_check(migration, revision, now=now, kind=kind).unmet}


def ended(migration, people, now, *, kind="dry_run", state="succeeded", ago=timedelta(hours=1)):
    return Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind=kind,
        state=state,
        started_by=people["operator"],
        created_at=now - ago,
        started_at=now - ago,
        ended_at=now - ago,
    )


def approved(stage, approver, now):
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    reviews.decide(
        actor=approver, now=now, migration_id=migration.pk, digest=newest(migration).digest, decision="approve"
    )
    return migration


def test_every_reason_is_named_at_once(stage, now):
    assert codes(stage.migration(), now) == {"not_planned"}
    assert codes(stage.planned(), now) == {"approvals_missing", "dry_run_missing"}


def test_approved_and_tried_it_is_ready(stage, approver, people, now):
    migration = approved(stage, approver, now)
    ended(migration, people, now)

    migration.refresh_from_db()
    assert start_check(migration, newest(migration), now=now).ready


def test_what_is_in_order_is_said_beside_what_is_not(stage, approver, people, now):
    migration = approved(stage, approver, now)
    revision = newest(migration)
    migration.refresh_from_db()

    without_a_dry_run = start_check(migration, revision, now=now).met
    assert without_a_dry_run == (
        "It has the signatures that the policies ask for.",
        "No other run uses its targets.",
        "Its targets are configured as they were when it was planned.",
        "No freeze is in force.",
    )
    ended(migration, people, now)
    with_one = start_check(migration, revision, now=now).met
    assert set(with_one) - set(without_a_dry_run) == {"A dry run of this plan passed within 24 hours."}
    assert start_check(migration, revision, now=now, kind=RunKind.ROLLBACK).met == ()


def test_an_old_dry_run_does_not_count(stage, approver, people, now):
    migration = approved(stage, approver, now)
    ended(migration, people, now, ago=timedelta(hours=25))

    assert codes(migration, now) == {"dry_run_too_old"}


def test_a_failed_dry_run_does_not_count(stage, approver, people, now):
    migration = approved(stage, approver, now)
    ended(migration, people, now, state="failed")

    assert codes(migration, now) == {"dry_run_missing"}


def test_a_signer_who_lost_the_role_does_not_count(stage, approver, now):
    migration = approved(stage, approver, now)
    RoleGrant.objects.filter(person_id=approver.person_id).delete()

    assert {"signer_not_eligible", "approvals_missing"} <= codes(migration, now)


def test_a_claimed_target_blocks_and_names_its_run(stage, people, now):
    other, migration = stage.planned(title="Other"), stage.planned()
    run = Run.objects.create(
        migration=other,
        environment=other.environment,
        revision=newest(other),
        kind="apply",
        started_by=people["operator"],
        created_at=now,
    )
    ClaimedTarget.objects.create(run=run, target_id=stage.source_id, mode="exclusive")

    (blocker,) = start_facts(migration, newest(migration), kind=RunKind.APPLY, now=now).blockers

    assert (blocker.run_id, blocker.title, blocker.target) == (run.pk, "Other", "sessions-source")


def test_another_handler_version_needs_another_plan(stage, now):
    migration = stage.planned()
    revision = newest(migration)
    revision.content["handler_version"] = "0"
    PlanRevision.objects.filter(pk=revision.pk).update(content=revision.content)

    assert "handler_incompatible" in codes(migration, now)


def test_a_rollback_waits_for_later_runs_of_the_targets(stage, people, now):
    migration, later = stage.planned(), stage.planned(title="Later")
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    ended(migration, people, now, kind="apply")
    assert codes(migration, now, RunKind.ROLLBACK) == set()

    ended(later, people, now, kind="apply", ago=timedelta(minutes=1))

    assert codes(migration, now, RunKind.ROLLBACK) == {"later_run"}
    assert "rollback_too_late" in codes(migration, now + timedelta(hours=24), RunKind.ROLLBACK)


def test_a_window_that_closes_before_the_plan_can_end_is_a_warning(stage, approver, admin, people, now):
    migration = approved(stage, approver, now)
    ended(migration, people, now)
    windows.create(
        actor=admin,
        now=now,
        environment_id=migration.environment_id,
        name="nightly",
        zone="UTC",
        first=now.replace(tzinfo=None) - timedelta(minutes=50),
        minutes=60,
    )
    migration.refresh_from_db()
    revision = newest(migration)
    revision.estimated_seconds = 601

    found = start_check(migration, revision, now=now)
    assert found.ready
    assert "A maintenance window is open." in found.met
    assert found.warnings == ("The window closes in 10 min, and the plan is estimated at 11 min.",)
    assert start_check(migration, newest(migration), now=now).warnings == ()


def test_only_the_last_apply_is_too_old_to_be_rolled_back(stage, people, now):
    """An older one that succeeded was rolled back since; what failed a moment ago may still be taken back."""
    migration = stage.planned()
    first = ended(migration, people, now, kind="apply", ago=timedelta(hours=30))
    undo = ended(migration, people, now, kind="rollback", state="rolled_back", ago=timedelta(hours=29))
    Run.objects.filter(pk=undo.pk).update(undoes=first)
    ended(migration, people, now, kind="apply", state="failed")
    Migration.objects.filter(pk=migration.pk).update(status="failed")

    assert codes(migration, now, RunKind.ROLLBACK) == set()


@pytest.mark.parametrize("by_its_own_run", [True, False])
def test_a_later_run_that_was_taken_back_keeps_no_rollback_waiting(stage, people, now, by_its_own_run):
    migration, later = stage.planned(), stage.planned(title="Later")
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    ended(migration, people, now, kind="apply")
    run = ended(later, people, now, kind="apply", state="succeeded" if by_its_own_run else "rolled_back")
    if by_its_own_run:
        assert codes(migration, now, RunKind.ROLLBACK) == {"later_run"}
        undo = ended(later, people, now, kind="rollback", state="stuck")
        Run.objects.filter(pk=undo.pk).update(undoes=run)
        assert codes(migration, now, RunKind.ROLLBACK) == {"later_run"}
        Run.objects.filter(pk=undo.pk).update(state="rolled_back")

    assert codes(migration, now, RunKind.ROLLBACK) == set()


def test_a_later_run_that_was_cancelled_before_its_first_step_left_nothing(stage, people, now):
    migration, later = stage.planned(), stage.planned(title="Later")
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    ended(migration, people, now, kind="apply")
    run = ended(later, people, now, kind="apply", state="cancelled")

    assert codes(migration, now, RunKind.ROLLBACK) == set()
    StepRun.objects.create(run=run, step="copy", started_at=now)
    assert codes(migration, now, RunKind.ROLLBACK) == {"later_run"}


def test_a_later_run_counts_by_what_its_plan_used_whatever_its_migration_became(stage, people, now):
    migration, later = stage.planned(), stage.planned(title="Later")
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    ended(migration, people, now, kind="apply")
    ended(later, people, now, kind="apply", state="failed")
    later.target_roles.all().delete()  # what an edit to other targets does

    assert codes(migration, now, RunKind.ROLLBACK) == {"later_run"}


def test_a_later_run_counts_under_whatever_name_it_used_the_targets(stage, people, now):
    migration, later = stage.planned(), stage.planned(title="Later")
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    ended(migration, people, now, kind="apply")
    run = ended(later, people, now, kind="apply")
    known = Target.objects.get(pk=stage.target_id)
    alias = Target.objects.create(
        environment=known.environment,
        name="alias",
        kind=known.kind,
        config=known.config,
        created_at=now,
        changed_at=now,
    )
    for mode, found in (("exclusive", {"later_run"}), ("shared", set())):  # what only read it is in nobody's way
        content = {**newest(later).content, "claims": [{"target_id": alias.pk, "mode": mode}]}
        PlanRevision.objects.filter(pk=run.revision_id).update(content=content)

        assert codes(migration, now, RunKind.ROLLBACK) == found
