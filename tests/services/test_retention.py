from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import AuditEntry, Run
from migrations_app.runtime import composition
from migrations_app.services import retention
from tests.runs import AT, a_run, queued
from tests.services.test_driving import drive_to_end
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture(autouse=True)
def directory(settings: LazySettings, tmp_path: Path) -> Path:
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"
    return tmp_path / "artifacts"


def artifact(run_id: int) -> str:
    key = f"backups/run-{run_id}/sessions-00000.ndjson"
    with composition.artifacts().create(key) as sink:
        sink.write(b"a session\n")
    return key


def kept() -> list[str]:
    return list(composition.artifacts().keys(""))


@pytest.fixture
def ended() -> Callable[..., Run]:
    """A run with a backup that ended at AT without its backup step having said how long to keep it."""

    def make(state: RunState, **options: int) -> Run:
        run = a_run(**options)
        Run.objects.filter(pk=run.pk).update(state=state, ended_at=AT if state.is_final else None)
        artifact(run.pk)
        return run

    return make


def test_a_backup_goes_when_its_time_is_over_and_not_before(tmp_path: Path) -> None:
    run = drive_to_end(queued(sqlite_migration(tmp_path, backup_retention=3).revision))
    until = retention.keep_until(Run.objects.select_related("revision").get(pk=run.pk))
    assert until is not None
    assert run.ended_at is not None
    assert timedelta(days=2, hours=23) < until - run.ended_at < timedelta(days=3)

    assert retention.delete_expired(now=until - timedelta(microseconds=1)) == 0
    assert kept() == [f"backups/run-{run.pk}/sessions-00000.ndjson"]
    assert retention.delete_expired(now=until) == 1
    assert kept() == []
    assert retention.delete_expired(now=until) == 0

    entry = AuditEntry.objects.get(action="backup.delete")
    assert (entry.actor, entry.object_type, entry.object_id) == ("snakeweb", "run", str(run.pk))


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED, RunState.ROLLED_BACK])
def test_half_a_backup_is_kept_as_long_from_the_end_on(
    ended: Callable[..., Run], directory: Path, state: RunState
) -> None:
    run = ended(state, backup_retention=2)
    (directory / f"backups/run-{run.pk}/half.part").write_bytes(b"half")

    assert retention.delete_expired(now=AT + timedelta(days=2, seconds=-1)) == 0
    assert retention.delete_expired(now=AT + timedelta(days=2)) == 1
    assert not (directory / f"backups/run-{run.pk}").exists()


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.PAUSED, RunState.STUCK])
def test_runs_that_may_go_on_keep_theirs(ended: Callable[..., Run], state: RunState) -> None:
    run = ended(state)
    Run.objects.filter(pk=run.pk).update(ended_at=AT)  # a stuck run that is retried has once ended

    assert retention.delete_expired(now=AT + timedelta(days=4000)) == 0
    assert len(kept()) == 1


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.STUCK])
def test_a_run_keeps_its_backup_while_another_takes_it_back(ended: Callable[..., Run], state: RunState) -> None:
    run = ended(RunState.SUCCEEDED)
    rollback = queued(run.revision, RunKind.ROLLBACK, undoes=run)
    Run.objects.filter(pk=rollback.pk).update(state=state)
    later = AT + timedelta(days=4000)

    assert retention.delete_expired(now=later) == 0
    Run.objects.filter(pk=rollback.pk).update(state=RunState.ROLLED_BACK)
    assert retention.delete_expired(now=later) == 1


def test_what_belongs_to_no_known_run_stays(ended: Callable[..., Run], directory: Path) -> None:
    known = ended(RunState.SUCCEEDED)
    strange = artifact(known.pk + 1)
    (directory / "backups" / "run-0").mkdir()
    (directory / "backups" / "by-hand").mkdir()

    assert retention.delete_expired(now=AT + timedelta(days=4000)) == 1
    assert kept() == [strange]


def test_nothing_goes_in_maintenance_mode(ended: Callable[..., Run], settings: LazySettings) -> None:
    ended(RunState.SUCCEEDED)
    settings.SNAKEWEB_MIGRATION = {"enabled": False}

    assert retention.delete_expired(now=AT + timedelta(days=4000)) == 0
    assert not AuditEntry.objects.exists()


def test_a_directory_that_refuses_is_said_and_tried_again(
    ended: Callable[..., Run], directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = ended(RunState.SUCCEEDED)
    folder = directory / f"backups/run-{run.pk}"
    elsewhere = directory.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)  # a folder that cannot be removed as one, for root neither
    later: datetime = AT + timedelta(days=4000)

    assert retention.delete_expired(now=later) == 0
    assert f"the backup of run {run.pk} could not be deleted" in caplog.text
    assert not AuditEntry.objects.exists()

    folder.unlink()
    folder.mkdir()
    assert retention.delete_expired(now=later) == 1
    assert AuditEntry.objects.get().action == "backup.delete"
