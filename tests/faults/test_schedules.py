"""Celery beat, real workers and a dispatcher carry a schedule out with nobody there."""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.vocabulary import RunState, ScheduledStartState, ScheduleState
from migrations_app.models import Notification, Run, Schedule, ScheduledStart, StepRun
from migrations_app.services import freezes
from tests.cast import Cast
from tests.faults.deployment import Deployment
from tests.faults.observing import checkpoints, state
from tests.parallel import wait_for
from tests.services.scheduling import Scheduling, scheduling

pytestmark = [pytest.mark.faults, pytest.mark.servers]

SOON = timedelta(seconds=3)


def due_soon(here: Scheduling, **values: Any) -> datetime:
    """In the window that is open now."""
    here.window(here.now - timedelta(minutes=5), minutes=120)
    due_at = datetime.now(UTC) + SOON
    here.schedule(due_at, **values)
    return due_at


def started() -> Run | None:
    start = ScheduledStart.objects.filter(state=ScheduledStartState.STARTED).select_related("run").first()
    return start.run if start else None


def told(kind: str) -> list[Notification]:
    return list(Notification.objects.filter(kind=kind).order_by("person__username"))


def test_a_schedule_in_a_window_executes_once_and_reports(deployment: Deployment, cast: Cast, tmp_path: Path) -> None:
    here = scheduling(cast, tmp_path, count=60)
    for process in (deployment.worker("first"), deployment.worker("second"), deployment.dispatcher()):
        process.wait_ready()
    due_at = due_soon(here)
    deployment.beat("one-beat")
    deployment.beat("another-beat")

    run = wait_for(started, 40, "the run to start")
    wait_for(lambda: state(run) == RunState.SUCCEEDED, 60, "the run to succeed")
    reports = wait_for(lambda: told("scheduled_run_succeeded"), 20, "the report")
    run.refresh_from_db()
    assert due_at <= run.created_at <= due_at + timedelta(seconds=30)
    assert [row.person.username for row in reports] == ["operator", "second_approver"]
    assert Run.objects.count() == 1
    assert Schedule.objects.get().state == ScheduleState.ENDED
    source, sink = here.rows.digests()
    assert sink.digest == source.digest


def test_a_failure_is_rolled_back_and_alerts(deployment: Deployment, cast: Cast, tmp_path: Path) -> None:
    here = scheduling(cast, tmp_path, count=60)
    gate = tmp_path / "gate"
    before = here.rows.digests()[0]
    deployment.worker("worker", crash_at=f"session.verify.before:wait:{gate}").wait_ready()
    deployment.dispatcher()
    due_soon(here)
    deployment.beat()

    run = wait_for(started, 40, "the run to start")
    verifying = StepRun.objects.filter(run=run, step="verify", state="running")
    wait_for(verifying.exists, 60, "the verification to begin")
    flip_a_value(Path(here.rows.target.config["path"]))
    gate.touch()

    wait_for(lambda: state(run) == RunState.ROLLED_BACK, 60, "the rollback")
    alerts = wait_for(lambda: told("scheduled_run_failed"), 20, "the alert")
    assert [row.person.username for row in alerts] == ["operator", "second_approver"]
    assert "failed and was rolled back" in alerts[0].text
    wait_for(lambda: all(row.mailed_at for row in told("scheduled_run_failed")), 20, "the mails")
    source, sink = here.rows.digests()
    assert source.digest == before.digest
    assert sink is None or sink.count == 0


def test_a_run_that_its_window_closes_on_is_paused_at_its_next_batch(
    deployment: Deployment, cast: Cast, tmp_path: Path
) -> None:
    here = scheduling(cast, tmp_path, count=200)
    gate = tmp_path / "gate"
    deployment.worker("worker", crash_at=f"session.transfer.applied:3:wait:{gate}").wait_ready()
    deployment.dispatcher()
    due_soon(here, window_closes="pause")
    deployment.beat()
    run = wait_for(started, 40, "the run to start")
    wait_for(lambda: checkpoints(run) == 2, 30, "the transfer to begin")

    ScheduledStart.objects.update(closes_at=datetime.now(UTC))
    wait_for(lambda: Run.objects.filter(pk=run.pk, signal="pause").exists(), 20, "the pause to be asked for")
    gate.touch()
    wait_for(lambda: state(run) == RunState.PAUSED, 20, "the pause")
    assert told("window_closed")


def test_a_time_that_nobody_was_there_for_is_reported_and_not_made_up_for(
    deployment: Deployment, cast: Cast, tmp_path: Path
) -> None:
    here = scheduling(cast, tmp_path)
    here.schedule(datetime.now(UTC) - timedelta(minutes=20))
    deployment.worker("worker").wait_ready()
    deployment.beat()

    (alert, *_) = wait_for(lambda: told("schedule_missed"), 40, "the report")
    assert "no beat and no worker" in alert.text
    assert ScheduledStart.objects.get().state == ScheduledStartState.MISSED
    assert not Run.objects.exists()


def test_a_freeze_keeps_beat_from_starting_until_it_is_lifted(
    deployment: Deployment, cast: Cast, tmp_path: Path
) -> None:
    here = scheduling(cast, tmp_path)
    deployment.worker("worker").wait_ready()
    due_soon(here)
    freeze_id = freezes.create(
        actor=cast.actors["admin"], now=here.now, reason="quarter end", ends_at=here.now + timedelta(hours=1)
    )
    deployment.beat()
    wait_for(lambda: ScheduledStart.objects.filter(said__contains="quarter end").exists(), 40, "beat to be held up")
    assert not Run.objects.exists()

    freezes.lift(actor=cast.actors["admin"], now=here.now, freeze_id=freeze_id)
    ScheduledStart.objects.update(claimed_at=here.now - timedelta(minutes=1))  # as if a minute had gone by
    wait_for(started, 40, "the run to start")


def flip_a_value(path: Path) -> None:
    """What a faulty disk would do, behind everybody's back."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(
            "UPDATE snakeweb_sessions SET value = ? WHERE key = (SELECT min(key) FROM snakeweb_sessions)", [b"x"]
        )
        assert changed.rowcount == 1
