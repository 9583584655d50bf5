"""Every column that repeats the journal says what the journal's fold says."""

from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.journal import fold
from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import MigrationStatus, RunKind, RunState, Signal, StepState
from migrations_app.models import ClaimedTarget, Lease, Migration, Notification, OutboxRow, Run, StepRun
from migrations_app.runtime import journal, leases, projections
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.services import driving
from tests.runs import a_run, migration, plan, queued, step, target
from tests.runtime.test_journal import opened
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def assert_true_to_the_journal(run: Run) -> None:
    run = Run.objects.get(pk=run.pk)
    view = fold(journal.read_events(run.pk), Plan.from_content(run.revision.content))
    assert {name: getattr(run, name) for name in projections.run_columns(view)} == projections.run_columns(view)
    said = {(s.id, number): columns for s in view.steps for number, columns in projections.step_columns(s)}
    stored: dict[tuple[str, int], dict[str, Any]] = {
        (row.step, row.partition): {name: getattr(row, name) for name in projections.STEP_FIELDS}
        for row in StepRun.objects.filter(run=run)
    }
    assert stored == said
    assert run.last_seq == view.seq


def event(kind: EventType, name: str = "", **payload: object) -> NewEvent:
    return NewEvent(kind, name, attempt=1 if name else 0, payload=payload)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_driven_run_s_columns_are_what_its_journal_says(tmp_path: Path, workers: int) -> None:
    run = queued(sqlite_migration(tmp_path, count=25, parallel_workers=workers).revision)
    assert_true_to_the_journal(run)
    while due := Lease.objects.filter(run=run, due_at__isnull=False).order_by("step", "partition").first():
        driving.drive(scope=Scope.of(due), clock=SystemClock())
        assert_true_to_the_journal(run)

    assert Run.objects.get().state == RunState.SUCCEEDED
    rows = StepRun.objects.filter(run=run, step="transfer").order_by("partition")
    assert [row.partition for row in rows] == ([0] if workers == 1 else [0, 1, 2, 3])
    assert rows[0].done == 25


def test_the_end_of_a_run_frees_its_targets_and_tells_who_started_it() -> None:
    used = target("sessions")
    run = queued(migration(plan([step("one")], [used]), [used]))
    assert ClaimedTarget.objects.count() == 1
    opened(run).append([event(EventType.RUN_STARTED), event(EventType.RUN_SUCCEEDED, result={"status": "success"})])

    assert ClaimedTarget.objects.count() == 0
    assert Migration.objects.get().status == MigrationStatus.COMPLETED
    assert [n.kind for n in Notification.objects.filter(person=run.started_by)] == ["run_succeeded"]


def test_a_failure_needs_a_person_and_is_mailed() -> None:
    run = a_run()
    error = {"type": "step_failed", "message": "no"}
    opened(run).append([event(EventType.RUN_STARTED), event(EventType.RUN_FAILED, error=error)])

    row = Migration.objects.get()
    assert (row.status, row.needs_person) == (MigrationStatus.FAILED, True)
    assert Run.objects.get().error == error
    assert OutboxRow.objects.filter(task="snakeweb.send_mail").count() == 1
    assert_true_to_the_journal(run)


def test_turning_round_answers_the_signal_and_outdates_partitions() -> None:
    run = a_run("copy", parallel_workers=2)
    writer = opened(run)
    writer.append([event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "copy")])
    writer.append([event(EventType.PARTITIONS_PLANNED, "copy", partitions=2)])
    partition = Scope(run.pk, "copy", 1)
    leases.schedule([partition])
    worker = leases.claim(partition, "another", 10)
    assert worker is not None
    Run.objects.update(signal=Signal.CANCEL)

    appended = writer.append([event(EventType.ROLLBACK_STARTED, steps=["copy"], reason="cancelled")])

    assert (appended.signal, appended.state) == (Signal.NONE, RunState.ROLLING_BACK)
    assert Run.objects.get().signal == Signal.NONE
    assert not leases.renew(worker, 10)
    assert leases.wanting() == []
    assert Migration.objects.get().status == MigrationStatus.ROLLING_BACK
    assert_true_to_the_journal(run)


def test_a_dry_run_moves_the_migration_to_validating_and_back() -> None:
    run = queued(migration(plan([step("one")])), RunKind.DRY_RUN)
    assert Migration.objects.get().status == MigrationStatus.VALIDATING
    opened(run).append([event(EventType.RUN_STARTED), event(EventType.RUN_FAILED, error={"message": "no"})])

    row = Migration.objects.get()
    assert (row.status, row.needs_person) == (MigrationStatus.PLANNED, False)
    assert StepRun.objects.get().state == StepState.PENDING
