from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import F

from migrations_app.engine.brief import OutcomeKind
from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import MigrationStatus, RunKind, RunState
from migrations_app.models import Lease, Migration, OutboxRow, Run, RunEvent, SealedSecret
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.journal import OrmJournal
from migrations_app.runtime.leases import Scope
from migrations_app.services import driving
from tests.runs import AT, queued
from tests.session_runs import sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)


def drive_to_end(run: Run, limit: int = 50) -> Run:
    """Drive whatever is due, one scope after the other, until nothing is."""
    for _ in range(limit):
        due = Lease.objects.filter(run=run, due_at__isnull=False).order_by("step", "partition").first()
        if due is None:
            break
        driving.drive(scope=Scope.of(due), clock=SystemClock())
    run.refresh_from_db()
    return run


def test_a_run_is_driven_from_its_queue_to_its_end(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    run = drive_to_end(queued(rows.revision))

    assert run.state == RunState.SUCCEEDED
    assert Migration.objects.get().status == MigrationStatus.COMPLETED
    source, sink = rows.digests()
    assert (source.count, sink.count, sink.digest) == (50, 50, source.digest)


def test_partitions_are_driven_one_by_one_and_merged(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, parallel_workers=3)
    run = drive_to_end(queued(rows.revision))

    assert run.state == RunState.SUCCEEDED
    assert Lease.objects.filter(run=run).exclude(step="").count() == 3
    source, sink = rows.digests()
    assert sink.digest == source.digest


def test_what_is_not_due_is_superseded(tmp_path: Path) -> None:
    run = drive_to_end(queued(sqlite_migration(tmp_path, count=1).revision))

    assert driving.drive_run(run_id=run.pk, clock=SystemClock()).kind is OutcomeKind.SUPERSEDED


def test_a_process_that_is_to_stop_takes_nothing_up(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=1).revision)

    assert driving.drive_run(run_id=run.pk, clock=SystemClock(), stopping=lambda: True) == driving.SUPERSEDED
    assert Lease.objects.get(run=run).due_at is not None


def test_targets_that_drifted_since_the_signature_end_the_run_before_any_effect(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    rows.revision.fingerprints["source"]["identity"] = "another server"
    rows.revision.save()
    run = drive_to_end(queued(rows.revision))

    assert (run.state, run.started_at) == (RunState.FAILED, None)
    assert run.error is not None
    assert run.error["type"] == "plan_is_stale"
    assert "another server" in run.error["message"]
    assert rows.digests()[1] is None


def test_a_run_that_cannot_be_driven_here_says_so_and_is_tried_again(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    run = queued(rows.revision)
    worker = leases.claim(Scope(run.pk), "first", 10)
    assert worker is not None
    writer = OrmJournal(
        run_id=run.pk,
        kind=RunKind.APPLY,
        plan=Plan.from_content(run.revision.content),
        worker=worker,
        clock=SystemClock(),
    )
    writer.append([NewEvent(EventType.RUN_STARTED)])
    leases.schedule([Scope(run.pk)])
    leases.release(worker, wake_at=None)
    SealedSecret.objects.create(target=rows.source, name="password", key_id="gone", sealed=b"x" * 40, changed_at=AT)

    outcome = driving.drive_run(run_id=run.pk, clock=SystemClock())

    assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "secret_unreadable")
    lease = Lease.objects.get(run=run)
    assert (lease.holder, lease.due_at is not None) == ("", True)
    assert RunEvent.objects.latest("seq").payload["level"] == "error"
    assert Run.objects.get().state == RunState.RUNNING


def test_a_driver_that_was_replaced_while_at_work_is_refused_and_counted(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path).revision)

    def replaced() -> bool:
        """Called at each sign of progress: by then somebody else has the lease."""
        Lease.objects.filter(run=run, token=1).update(token=F("token") + 1)
        return False

    outcome = driving.drive_run(run_id=run.pk, clock=SystemClock(), stopping=first_no(replaced))

    assert outcome.kind is OutcomeKind.SUPERSEDED
    assert Lease.objects.get(run=run).refusals == 1


def first_no(then: Callable[[], bool]) -> Callable[[], bool]:
    """False at the first call, which asks whether to start at all."""
    answers = iter([lambda: False])
    return lambda: next(answers, then)()


def test_the_end_of_a_slice_is_followed_by_the_next_one(tmp_path: Path, settings: LazySettings) -> None:
    settings.SNAKEWEB_RUNTIME = {"slice_seconds": 0.0}
    run = queued(sqlite_migration(tmp_path, count=30).revision)
    OutboxRow.objects.all().delete()

    assert driving.drive_run(run_id=run.pk, clock=SystemClock()).kind is OutcomeKind.YIELDED
    assert OutboxRow.objects.get().arguments == [run.pk]
    settings.SNAKEWEB_RUNTIME = {}
    assert drive_to_end(run).state == RunState.SUCCEEDED


def test_an_unexpected_error_leaves_the_lease_to_expire(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path).revision)
    with armed("executor.opened:raise"), pytest.raises(Crash):
        driving.drive_run(run_id=run.pk, clock=SystemClock())

    lease = Lease.objects.get(run=run)
    assert lease.holder != ""
    assert lease.expires_at is not None
