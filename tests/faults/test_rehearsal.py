"""A worker is killed in the middle of a rehearsal: the next one goes on, and nothing of it is left anywhere."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import Lease, RunEvent, Target
from migrations_app.runtime import secrets
from tests.faults.deployment import Deployment
from tests.faults.observing import checkpoints, finished, state
from tests.parallel import wait_for
from tests.runs import AT, queued, target
from tests.session_runs import contents, fill, planned, sqlite_migration

pytestmark = [pytest.mark.faults, pytest.mark.servers]

CHECKPOINTS = 4
SESSIONS = 200


def in_the_stores(directory: Path) -> list[str]:
    """Files of the stores and of the artifacts; those of processes are beside them."""
    return sorted(name for name in os.listdir(directory) if ".sqlite3" in name)


def with_secrets(row: Target, given: Mapping[str, str]) -> Target:
    for name, clear in given.items():
        secrets.store(target_id=row.pk, name=name, clear=clear, at=AT)
    return row


def killed_and_taken_over(deployment: Deployment, run: Any, tmp_path: Path, at: str) -> None:
    gate = tmp_path / "gate"
    first = deployment.worker("first", crash_at=f"{at}:wait:{gate}")
    deployment.dispatcher()
    wait_for(lambda: Path(f"{gate}.reached").exists(), 60, "the worker to be where it is killed")
    token = Lease.objects.get(run=run, step="").token
    first.kill()
    deployment.worker("second").wait_ready()
    wait_for(lambda: Lease.objects.get(run=run, step="").token > token, 20, "the take-over")
    wait_for(lambda: finished(run), 60, "the end of the run")


@pytest.mark.parametrize("at", [f"session.transfer.applied:{CHECKPOINTS + 1}", "session.clean_up.before"])
def test_kill_9_leaves_nothing_of_it_in_the_end(deployment: Deployment, tmp_path: Path, at: str) -> None:
    rows = sqlite_migration(tmp_path, count=SESSIONS)
    before, names = rows.digests(), in_the_stores(tmp_path)
    run = queued(rows.revision, RunKind.REHEARSAL)

    killed_and_taken_over(deployment, run, tmp_path, at)

    assert state(run) == RunState.SUCCEEDED
    assert checkpoints(run) >= CHECKPOINTS
    assert (rows.digests(), in_the_stores(tmp_path)) == (before, names)
    result = RunEvent.objects.get(run=run, type=EventType.RUN_SUCCEEDED).payload["result"]
    assert result["metadata"]["plan_digest"] == rows.revision.digest
    assert result["migration_results"]["transfer"]["sessions"] == SESSIONS


def test_kill_9_between_servers_leaves_nothing_of_it_in_the_end(
    deployment: Deployment, tmp_path: Path, redis_server: Any, empty_postgres: Any
) -> None:
    """From Redis into a table of PostgreSQL, in two leased partitions."""
    source = redis_server.config(prefix=f"rehearsed-{os.getpid()}:")
    fill(source, SESSIONS, redis_server.secrets)
    rows = planned(
        with_secrets(target("from", source), redis_server.secrets),
        with_secrets(target("into", empty_postgres.config()), empty_postgres.secrets),
        parallel_workers=2,
    )
    before = contents(rows.source)
    run = queued(rows.revision, RunKind.REHEARSAL)

    killed_and_taken_over(deployment, run, tmp_path, "session.clean_up.before")

    assert state(run) == RunState.SUCCEEDED
    assert contents(rows.source) == before
    assert empty_postgres.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").split() == []
