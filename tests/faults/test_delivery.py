"""The broker may deliver twice or not at all, and the dispatcher may die: the lease decides, the outbox remembers."""

from pathlib import Path

import pytest
from celery import Celery

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Lease, OutboxRow
from migrations_app.models.actor import SYSTEM
from migrations_app.runtime import outbox
from migrations_app.services import runs
from tests.faults.deployment import Deployment
from tests.faults.observing import checkpoints, events, finished, holders, outcomes, state
from tests.parallel import wait_for
from tests.runs import AT, queued
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.faults, pytest.mark.servers]


def test_of_two_deliveries_one_drives_and_the_other_is_superseded(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    gate = tmp_path / "gate"
    point = f"session.transfer.applied:2:wait:{gate}"
    first, second = deployment.worker("first", crash_at=point), deployment.worker("second", crash_at=point)
    first.wait_ready()
    second.wait_ready()
    run = queued(rows.revision)
    with Celery(broker=deployment.broker.url, set_as_current=False) as sender:
        for _ in range(2):
            sender.send_task(outbox.DRIVE_RUN, args=[run.pk], queue=outbox.CONTROL)
        wait_for(lambda: checkpoints(run) == 1, 30, "the transfer to begin")
        for _ in range(4):
            sender.send_task(outbox.DRIVE_RUN, args=[run.pk], queue=outbox.CONTROL)
    logs = lambda: first.log + second.log  # noqa: E731
    wait_for(lambda: logs().count(f"run {run.pk}: superseded") == 5, 20, "five deliveries to be superseded")

    gate.touch()
    wait_for(lambda: finished(run), 30, "the end of the run")
    assert set(outcomes(run).values()) == {1}
    assert events(run, EventType.RUN_TAKEN_OVER) == 0


def test_a_dispatcher_killed_between_marking_and_sending_is_followed(deployment: Deployment, tmp_path: Path) -> None:
    dying = deployment.dispatcher("dying", crash_at="dispatcher.send.before")
    dying.wait_ready()
    run = queued(sqlite_migration(tmp_path).revision)
    wait_for(lambda: not dying.alive, 20, "the dispatcher to die")
    assert OutboxRow.objects.get().claimed_at is None

    deployment.dispatcher("next")
    deployment.worker("worker")
    wait_for(lambda: finished(run), 40, "the end of the run")
    assert state(run) == RunState.SUCCEEDED


def test_without_dispatcher_and_broker_the_watchdog_drives(deployment: Deployment, tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path).revision)
    deployment.worker("worker").wait_ready()
    deployment.broker.stop()

    wait_for(lambda: finished(run), 40, "the end of the run")
    assert state(run) == RunState.SUCCEEDED


def test_a_paused_run_holds_no_worker_and_goes_on_when_resumed(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=200)
    gate = tmp_path / "gate"
    deployment.worker("worker", crash_at=f"session.transfer.applied:3:wait:{gate}")
    deployment.dispatcher()
    run = queued(rows.revision)
    wait_for(lambda: checkpoints(run) == 2, 30, "the transfer to begin")
    runs.pause(actor=SYSTEM, now=AT, run_id=run.pk)
    gate.touch()
    wait_for(lambda: state(run) == RunState.PAUSED, 20, "the pause")
    wait_for(lambda: Lease.objects.filter(run=run, holder="", due_at=None).exists(), 5, "the lease to be given back")
    done = checkpoints(run)

    another = queued(sqlite_migration(tmp_path, name="others").revision)
    wait_for(lambda: finished(another), 30, "the worker to do something else")
    assert checkpoints(run) == done
    runs.resume(actor=SYSTEM, now=AT, run_id=run.pk)
    wait_for(lambda: finished(run), 30, "the end of the run")
    source, sink = rows.digests()
    assert sink.digest == source.digest


def test_sigterm_ends_at_a_checkpoint_and_gives_the_lease_back(deployment: Deployment, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=200)
    gate = tmp_path / "gate"
    leaving = deployment.worker("leaving", crash_at=f"session.transfer.applied:3:wait:{gate}")
    deployment.dispatcher()
    run = queued(rows.revision)
    wait_for(lambda: checkpoints(run) == 2, 30, "the transfer to begin")
    leaving.signal_stop()
    wait_for(lambda: "Warm shutdown" in leaving.log, 10, "the shutdown to begin")
    gate.touch()

    assert leaving.wait() == 0
    assert not holders(run)
    assert 3 <= checkpoints(run) < 20
    assert events(run, EventType.RUN_TAKEN_OVER) == 0
    deployment.worker("next")
    wait_for(lambda: finished(run), 40, "the end of the run")
    assert set(outcomes(run).values()) == {1}
