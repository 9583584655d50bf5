"""The tasks are thin: they hand ids to a service."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from migrations_app import tasks
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import AuditEntry, AuditWatch, Lease, Run
from migrations_app.services.actor import Actor
from migrations_app.services.denials import Door, record_denial_at
from tests.audit_table import decoded, entries, without_triggers
from tests.cast import NOW
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


def test_denials_that_were_counted_are_told() -> None:
    viewer, earlier = Actor(person_id=1, username="viewer"), NOW - timedelta(days=1)
    for _ in range(3):
        record_denial_at(Door.PAGE, actor=viewer, now=earlier, what="/runs/7/", why="not_found: hidden")
    tasks.tell_repeated_denials()

    assert [row.action for row in AuditEntry.objects.all()] == ["page.open"] * 2
    assert decoded(AuditEntry.objects.latest("seq"))["after"]["times_more"] == 2


def test_damage_of_new_audit_entries_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    entries(2)
    tasks.watch_audit()
    assert AuditWatch.objects.get().through == 2
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(actor="eve")
    tasks.watch_audit()
    assert "the audit chain is broken: Entry 2 shows other words" in caplog.text
