"""`parallel_workers: 4` runs four leased partitions, on two worker processes."""

from pathlib import Path

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Lease
from tests.faults.deployment import Deployment
from tests.faults.observing import events, finished, holders, outcomes, process_of, state
from tests.parallel import wait_for
from tests.runs import queued
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.faults, pytest.mark.servers]


def test_four_leased_partitions_on_two_workers(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=400, parallel_workers=4)
    gate = tmp_path / "gate"
    # Each process stops after the first batch it applied, so that partitions spread over both of them.
    workers = [deployment.worker(name, crash_at=f"partition.intent_written:1:wait:{gate}") for name in ("one", "two")]
    for worker in workers:
        worker.wait_ready()
    deployment.dispatcher()
    run = queued(rows.revision)

    wait_for(lambda: len({process_of(h) for h in holders(run)}) == 2, 30, "partitions on both workers")
    assert {process_of(h) for h in holders(run)} == {worker.pid for worker in workers}
    gate.touch()
    wait_for(lambda: finished(run), 60, "the end of the run")

    assert state(run) == RunState.SUCCEEDED
    leases = Lease.objects.filter(run=run, step="transfer")
    assert sorted(leases.values_list("partition", flat=True)) == [0, 1, 2, 3]
    assert events(run, EventType.PARTITION_SUCCEEDED) == 4
    assert outcomes(run)["transfer"] == 1
    source, sink = rows.digests()
    assert (sink.count, sink.digest) == (400, source.digest)


def test_a_killed_worker_s_partitions_are_taken_over(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=400, parallel_workers=4)
    dying = deployment.worker("dying", crash_at="session.transfer.applied:6")
    deployment.dispatcher()
    run = queued(rows.revision)
    wait_for(lambda: not dying.alive, 30, "the worker to die")
    deployment.worker("heir")
    wait_for(lambda: finished(run), 60, "the end of the run")

    assert state(run) == RunState.SUCCEEDED
    assert events(run, EventType.PARTITION_SUCCEEDED) == 4
    source, sink = rows.digests()
    assert (sink.count, sink.digest) == (400, source.digest)
