"""The tasks are thin: they hand ids to a service."""

import logging
from pathlib import Path

import pytest

from migrations_app import tasks
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Lease, Run
from tests.runs import queued
from tests.session_runs import sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_with_partitions_ends_by_its_tasks_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "migrations_app.tasks")
    run = queued(sqlite_migration(tmp_path, count=10, parallel_workers=2).revision)
    tasks.drive_run(run.pk)
    for lease in Lease.objects.exclude(step=""):
        tasks.drive_partition(run.pk, lease.step, lease.partition)
    tasks.drive_run(run.pk)
    tasks.drive_run(run.pk)

    assert Run.objects.get().state == RunState.SUCCEEDED
    assert [record.getMessage() for record in caplog.records if record.name == "migrations_app.tasks"] == [
        f"run {run.pk}: parked partitions",
        f"run {run.pk}, transfer[0]: finished succeeded",
        f"run {run.pk}, transfer[1]: finished succeeded",
        f"run {run.pk}: finished succeeded",
        f"run {run.pk}: superseded ",
    ]
