from datetime import timedelta

import pytest

from migrations_app.models import Run, StepRun
from migrations_app.selectors.history import step_seconds
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_the_median_of_successful_runs(stage, people, now):
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

    here = stage.environment.pk
    assert step_seconds(handler="session", environment_id=here) == {"transfer": 20, "switch": 1}
    assert step_seconds(handler="session", environment_id=here + 1) == {}
