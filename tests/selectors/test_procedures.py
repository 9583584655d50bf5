"""Where a procedure has run, from rows as runs leave them."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import Migration, Run
from migrations_app.selectors.access import access_of
from migrations_app.selectors.procedures import (
    MOST_TIMES,
    environment_after,
    environment_before,
    newest_proof,
    stops_of,
    times_proven,
    track_of,
)
from migrations_app.services.actor import SYSTEM, Actor
from tests import stores_on_disk
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest

pytestmark = pytest.mark.db_semantics


@pytest.fixture
def dev_stage(cast: Cast, tmp_path: Path, stage: Stage) -> Stage:
    return stores_on_disk.stage(cast, cast.environments["dev"], tmp_path / "dev", stage.now)


def ran(migration: Migration, state: RunState, kind: RunKind = RunKind.APPLY, *, undoes: Run | None = None) -> Run:
    return Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        procedure=newest(migration).procedure,
        kind=kind,
        state=state,
        undoes=undoes,
        started_by=migration.created_by,
        created_at=migration.created_at,
        ended_at=migration.created_at + timedelta(minutes=1) if state.is_final else None,
    )


def plan_of(procedure: str) -> str:
    """How SQLite goes about `stops_of`."""
    with CaptureQueriesContext(connection) as caught:
        stops_of(access_of(SYSTEM), 1, procedure)
    asked = next(query["sql"] for query in caught.captured_queries if '"migrations_app_run"' in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
        return "\n".join(row[3] for row in cursor.fetchall())


def states(actor: Actor, migration: Migration) -> dict[str, str]:
    stops = stops_of(access_of(actor), migration.environment_id, newest(migration).procedure)
    return {stop.environment: stop.state for stop in stops}


def test_an_index_leads_to_the_runs_of_a_procedure_in_a_place(stage: Stage) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a handful of rows is read without an index on PostgreSQL")
    found = plan_of(newest(stage.planned()).procedure)

    assert found.count("COVERING INDEX run_by_procedure (procedure=? AND environment_id=? AND kind=?)") == 3
    assert "TEMP B-TREE" not in found


def test_more_are_not_counted_than_tell_something(stage: Stage) -> None:
    migration = stage.planned()
    for _ in range(MOST_TIMES + 1):
        ran(migration, RunState.SUCCEEDED)
    procedure = newest(migration).procedure

    (stop,) = (stop for stop in stops_of(access_of(SYSTEM), stage.environment.pk, procedure) if stop.here)
    assert (stop.times, stop.counted) == (MOST_TIMES, "100 times or more")
    assert times_proven(procedure, stage.environment) == MOST_TIMES


def test_a_run_that_succeeded_and_stands_is_proof(stage: Stage, dev_stage: Stage) -> None:
    migration, other = dev_stage.planned(), dev_stage.planned(options={"parallel_workers": 2, "batch_size": 10})
    procedure, dev = newest(migration).procedure, dev_stage.environment
    assert procedure == newest(stage.planned()).procedure != newest(other).procedure
    for state, kind in ((RunState.FAILED, RunKind.APPLY), (RunState.SUCCEEDED, RunKind.DRY_RUN)):
        ran(migration, state, kind)
    ran(other, RunState.SUCCEEDED)
    assert (times_proven(procedure, dev), newest_proof(migration)) == (0, None)

    run = ran(migration, RunState.SUCCEEDED)
    assert (times_proven(procedure, dev), newest_proof(migration)) == (1, run)
    assert times_proven(procedure, stage.environment) == 0
    assert times_proven("", dev) == 0

    ran(migration, RunState.STUCK, RunKind.ROLLBACK, undoes=run)
    assert (times_proven(procedure, dev), newest_proof(migration)) == (0, None)


def test_the_environments_before_and_after(cast: Cast) -> None:
    dev, staging, production = (cast.environments[name] for name in ("dev", "staging", "production"))
    assert [environment_before(each) for each in (dev, staging, production)] == [None, dev, staging]
    assert [environment_after(each) for each in (dev, staging, production)] == [staging, production, None]


def test_how_far_it_has_come(stage: Stage, dev_stage: Stage, viewer: Actor) -> None:
    here, before = stage.planned(), dev_stage.planned()
    assert states(viewer, here) == {"dev": "", "staging": "", "production": ""}

    first = ran(before, RunState.SUCCEEDED)
    ran(before, RunState.FAILED)
    assert states(viewer, here) == {"dev": "done", "staging": "next", "production": ""}

    failed = ran(here, RunState.FAILED)
    assert states(viewer, here) == {"dev": "done", "staging": "failed", "production": ""}
    live = ran(here, RunState.RUNNING)
    assert states(viewer, here) == {"dev": "done", "staging": "running", "production": ""}

    Run.objects.filter(pk__in=(failed.pk, live.pk)).update(state=RunState.SUCCEEDED)
    stops = stops_of(access_of(viewer), here.environment_id, newest(here).procedure)
    assert [(stop.state, stop.run_id, stop.times, stop.here) for stop in stops] == [
        ("done", first.pk, 1, False),
        ("done", live.pk, 2, True),
        ("next", None, 0, False),
    ]


def test_who_sees_no_environment_sees_no_stop(stage: Stage, outsider: Actor) -> None:
    assert states(outsider, stage.planned()) == {}


def test_what_it_was_promoted_from_and_to(stage: Stage, dev_stage: Stage, operator: Actor, viewer: Actor) -> None:
    before, here = dev_stage.planned(title="Before"), stage.planned(title="Here")
    run = ran(before, RunState.SUCCEEDED)
    Migration.objects.filter(pk=here.pk).update(promoted_from=before, promoted_run=run)
    Migration.objects.filter(pk=before.pk).update(status="completed")
    before.refresh_from_db()
    here.refresh_from_db()

    origin = track_of(access_of(viewer), here, newest(here).procedure).origin
    assert origin is not None
    assert (origin.title, origin.environment, origin.run_id) == ("Before", "dev", run.pk)
    track = track_of(access_of(operator), before, newest(before).procedure)
    assert [each.title for each in track.promotions] == ["Here"]
    assert (track.promotable, track.why_not) == (("staging", "production"), "")
    assert track_of(access_of(viewer), before, "").why_not == (
        "there is no environment after dev in which you may author"
    )
    assert "only what has run successfully" in track_of(access_of(operator), here, "").why_not
