from datetime import timedelta

import pytest

from migrations_app.engine.estimates import estimate_from
from migrations_app.models import Run, StepRun
from migrations_app.selectors.history import past_of
from migrations_app.services import planning
from tests.past_runs import past_run
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_successes_of_one_pair_are_learned_from(stage, people, now):
    for seconds, state in ((10, "succeeded"), (20, "succeeded"), (30, "succeeded"), (9000, "failed")):
        run = Run.objects.create(
            migration=stage.planned(),
            environment=stage.environment,
            revision=newest(stage.planned()),
            kind="apply",
            state=state,
            started_by=people["operator"],
            created_at=now,
        )
        StepRun.objects.create(
            run=run,
            step="transfer",
            state="succeeded",
            started_at=now,
            ended_at=now + timedelta(seconds=seconds),
        )
        StepRun.objects.create(run=run, step="switch", state="succeeded", started_at=now, ended_at=now)

    Run.objects.update(stores="sqlite to sqlite")
    here = stage.environment.pk
    past = past_of(handler="session", pair="sqlite to sqlite", environment_id=here)
    elsewhere = past_of(handler="session", pair="sqlite to sqlite", environment_id=here + 1)

    assert sorted(each.seconds for each in past.steps["transfer"]) == [10, 20, 30]
    assert {each.volume for each in past.steps["transfer"]} == {20}
    assert (past.unit, past.everywhere, elsewhere.everywhere) == ("sessions", False, True)
    assert len(elsewhere.steps["switch"]) == 3
    assert not past_of(handler="session", pair="redis to sqlite", environment_id=here).steps


def test_a_plan_learns_from_runs_keeps_what_it_rests_on_and_keeps_its_digest(stage, people, now):
    """Rows as the journal projects them: seconds by a line over the volume that the handler does not know."""
    migration = stage.planned()
    first = newest(migration)
    for number, sessions in enumerate((1_000, 5_000, 20_000, 10_000, 40_000, 2_000, 30_000)):
        past_run(newest(stage.planned()), now, seconds=5 + sessions / 250 + number % 3, sessions=sessions)

    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)
    second = newest(migration)
    learned = estimate_from(second.estimates)

    assert learned.basis == "from 7 runs of sqlite to sqlite, 1,000 to 40,000 sessions"
    assert learned.error_percent < learned.own_error_percent / 2
    assert second.estimated_seconds == learned.seconds > first.estimated_seconds
    assert second.digest == first.digest
