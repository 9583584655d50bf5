"""A rehearsal as people start it: consent, claims, freezes, what it counts for, and what is left when it is over."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.vocabulary import MigrationStatus, RunKind, RunState
from migrations_app.models import AuditEntry, ClaimedTarget, Environment, Lease, Migration, Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import driving, freezes, planning, runs
from migrations_app.services.errors import Conflict, PermissionDenied
from tests.services.test_driving import drive_to_end
from tests.session_runs import SessionMigrationRows, sqlite_migration
from tests.stores_on_disk import newest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def rows(cast: Any, tmp_path: Path) -> SessionMigrationRows:
    return sqlite_migration(tmp_path, count=60, parallel_workers=2)


def start(rows: SessionMigrationRows, actor: Any, now: Any, **values: Any) -> Run:
    return Run.objects.get(
        pk=runs.rehearse_migration(actor=actor, now=now, migration_id=rows.revision.migration_id, **values)
    )


def refused(rows: SessionMigrationRows, actor: Any, now: Any, **values: Any) -> list[str]:
    with pytest.raises(Conflict) as conflict:
        start(rows, actor, now, **values)
    assert not Run.objects.filter(kind=RunKind.REHEARSAL).exists()
    return [problem["code"] for problem in conflict.value.details["problems"]]


def test_it_succeeds_leaves_nothing_and_frees_the_targets(rows, operator, now, tmp_path):
    files, before = sorted(os.listdir(tmp_path)), rows.digests()

    run = start(rows, operator, now, digest=rows.revision.digest)
    assert ClaimedTarget.objects.filter(run=run).count() == 2
    assert Migration.objects.get(pk=run.migration_id).status == MigrationStatus.VALIDATING
    run = drive_to_end(run)

    assert (run.state, run.error) == (RunState.SUCCEEDED, None)
    assert (sorted(os.listdir(tmp_path)), rows.digests()) == (files, before)
    assert not ClaimedTarget.objects.filter(run=run).exists()
    migration = Migration.objects.get(pk=run.migration_id)
    assert (migration.status, migration.needs_person) == (MigrationStatus.PLANNED, False)


def test_a_worker_that_dies_leaves_the_rest_to_the_next_one(rows, operator, now, tmp_path):
    files = sorted(os.listdir(tmp_path))
    run = start(rows, operator, now)
    with armed("session.clean_up.removed:raise"), pytest.raises(Crash):
        drive_to_end(run)
    Lease.objects.filter(run=run).update(expires_at=now - timedelta(days=1))
    driving.drive_run(run_id=run.pk, clock=SystemClock())

    run = drive_to_end(run)

    assert run.state == RunState.SUCCEEDED
    assert sorted(os.listdir(tmp_path)) == files


def test_a_protected_environment_asks_for_consent_and_both_answers_are_audited(rows, operator, now):
    environment = rows.revision.migration.environment
    environment.protected = True
    environment.save(update_fields=["protected"])

    assert refused(rows, operator, now) == ["consent_missing"]
    denied = AuditEntry.objects.get(action="run.rehearse")
    assert (denied.outcome, denied.actor) == ("denied", "operator")

    start(rows, operator, now, consent=True)
    allowed = AuditEntry.objects.get(action="run.rehearse", outcome="allowed")
    after = json.loads(bytes(allowed.body))["after"]
    assert (after["consent"], after["kind"]) == (True, "rehearsal")


def test_a_freeze_keeps_it_from_starting(rows, operator, admin, now):
    freezes.create(
        actor=admin,
        now=now,
        environment_id=rows.revision.migration.environment_id,
        begins_at=now,
        ends_at=now + timedelta(days=1),
        reason="Holidays",
    )
    assert refused(rows, operator, now) == ["frozen"]


def test_another_plan_than_the_one_that_was_read_is_not_rehearsed(rows, operator, now):
    assert refused(rows, operator, now, digest="0" * 64) == ["digest_changed"]


def test_only_operators_start_one(rows, viewer, approver, now):
    for actor in (viewer, approver):
        with pytest.raises(PermissionDenied):
            start(rows, actor, now)


def test_what_failed_is_started_anew_and_not_retried(rows, operator, now):
    run = start(rows, operator, now)
    with pytest.raises(Conflict, match="cannot be retried"):
        runs.retry(actor=operator, now=now, run_id=run.pk)
    with pytest.raises(Conflict, match="leaves nothing behind"):
        runs.turn_round(actor=operator, now=now, run_id=run.pk)
    runs.cancel(actor=operator, now=now, run_id=run.pk)
    assert drive_to_end(run).state in (RunState.CANCELLED, RunState.ROLLED_BACK)


class TestStrict:
    @pytest.fixture
    def migration(self, stage, now):
        """In the first environment of all: there is none before it that could prove the procedure."""
        Environment.objects.filter(pk=stage.environment.pk).update(position=0)
        options = {"validation_level": "strict", "parallel_workers": 1, "batch_size": 10}
        return stage.planned(parameters={"settle_ms": 0, "route": "shop"}, options=options)

    def test_it_starts_once_exactly_this_plan_was_rehearsed(self, stage, migration, now):
        def missing() -> set[str]:
            with pytest.raises(Conflict) as conflict:
                runs.execute_migration(actor=stage.operator, now=now, migration_id=migration.pk)
            return {problem["code"] for problem in conflict.value.details["problems"]}

        assert "not_rehearsed" in missing()
        run_id = runs.rehearse_migration(actor=stage.operator, now=now, migration_id=migration.pk)
        assert drive_to_end(Run.objects.get(pk=run_id)).state == RunState.SUCCEEDED
        assert "not_rehearsed" not in missing()

    def test_the_risk_counts_it_once_it_is_planned_again_and_the_digest_stays(self, stage, migration, now):
        def weight() -> int:
            return next(f["weight"] for f in newest(migration).findings if f["rule"] == "rehearsal")

        digest = newest(migration).digest
        assert weight() > 0
        run_id = runs.rehearse_migration(actor=stage.operator, now=now, migration_id=migration.pk)
        drive_to_end(Run.objects.get(pk=run_id))

        planned = planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)

        assert weight() < 0
        assert (planned.changed, newest(migration).digest) == (False, digest)
