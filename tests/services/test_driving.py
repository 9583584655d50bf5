from pathlib import Path

import pytest

from migrations_app.engine.brief import OutcomeKind
from migrations_app.engine.vocabulary import MigrationStatus, RunState
from migrations_app.models import Lease, Migration, Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.services import driving
from tests.runs import queued
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
