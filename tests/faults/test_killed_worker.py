"""A worker dies or freezes in the middle of a transfer; another one goes on at the checkpoint."""

import time
from pathlib import Path

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Lease, Run, RunEvent, StepRun, Target
from migrations_app.runtime import secrets as vault
from tests.cast import NOW
from tests.faults.deployment import Deployment
from tests.faults.observing import checkpoints, finished, outcomes, state
from tests.faults.settings import LEASE_SECONDS
from tests.parallel import wait_for
from tests.planted import database, dump, files, leaks, planted
from tests.runs import queued
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.faults, pytest.mark.servers]

CHECKPOINTS = 4
BATCH = 10
SESSIONS = 200
HALF_WAY = f"session.transfer.applied:{CHECKPOINTS + 1}"


def test_kill_9_in_the_middle_of_the_transfer_loses_nothing(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=SESSIONS)
    run = queued(rows.revision)
    secret = {"password": planted("killed")}
    for each in Target.objects.all():  # a worker opens what its run's targets have, whether they ask for it or not
        vault.store(target_id=each.pk, name="password", clear=secret["password"], at=NOW)
    first = deployment.worker("first", crash_at=f"{HALF_WAY}:wait:{tmp_path / 'gate'}")
    deployment.dispatcher()
    wait_for(lambda: checkpoints(run) == CHECKPOINTS, 30, "the transfer to be half way")
    second = deployment.worker("second").wait_ready()
    token = Lease.objects.get(run=run, step="").token
    resumed_after = StepRun.objects.get(run=run, step="transfer", partition=0).checkpoint

    first.kill()
    killed_at = time.monotonic()
    wait_for(lambda: Lease.objects.get(run=run, step="").token > token, 10, "the take-over")
    took = time.monotonic() - killed_at
    wait_for(lambda: finished(run), 30, "the end of the run")

    assert took <= LEASE_SECONDS + 2
    assert state(run) == RunState.SUCCEEDED
    assert first.pid != second.pid
    restarted = RunEvent.objects.get(run=run, step="transfer", type=EventType.STEP_STARTED, attempt=2)
    assert restarted.payload["resumed"] is True
    assert resumed_after["sessions"] == CHECKPOINTS * BATCH
    source, sink = rows.digests()
    assert (sink.count, sink.digest) == (SESSIONS, source.digest)
    assert set(outcomes(run).values()) == {1}
    result = RunEvent.objects.get(run=run, step="transfer", type=EventType.STEP_SUCCEEDED).payload["result"]
    assert result["sessions"] == SESSIONS
    assert leaks(secret, [*files(tmp_path), *database(), *dump()]) == []


def test_a_frozen_worker_that_wakes_up_changes_nothing(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=SESSIONS)
    run = queued(rows.revision)
    gate = tmp_path / "gate"
    first = deployment.worker("first", crash_at=f"{HALF_WAY}:wait:{gate}")
    deployment.dispatcher()
    wait_for(lambda: (tmp_path / "gate.reached").exists(), 30, "the transfer to be half way")
    first.freeze()
    gate.touch()
    deployment.worker("second")
    wait_for(lambda: finished(run), 60, "the end of the run")
    before = Run.objects.get(pk=run.pk).last_seq, rows.digests()
    assert Lease.objects.get(run=run, step="").refusals == 0

    first.thaw()
    wait_for(lambda: Lease.objects.get(run=run, step="").refusals == 1, 20, "the refusal")

    wait_for(lambda: f"run {run.pk}: superseded" in first.log, 10, "the loser to say so")
    assert state(run) == RunState.SUCCEEDED
    assert (Run.objects.get(pk=run.pk).last_seq, rows.digests()) == before
    source, sink = rows.digests()
    assert sink.digest == source.digest
    assert set(outcomes(run).values()) == {1}
