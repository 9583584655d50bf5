import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import ImpactSample, Run
from migrations_app.runtime import impact
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.surveyor import Surveyor
from tests.parallel import wait_for
from tests.runs import queued
from tests.session_runs import sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_goes_on_after_a_failure_and_ends_when_told(tmp_path, settings, monkeypatch):
    settings.SNAKEWEB_IMPACT_SECONDS = 5
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=SystemClock().now())
    real, failures = impact.look_due, iter([RuntimeError("first")])

    def look(clock):
        for failure in failures:
            raise failure
        return real(clock)

    monkeypatch.setattr(impact, "look_due", look)
    surveyor = Surveyor(SystemClock(), look_seconds=0.01)
    surveyor.start()
    try:
        wait_for(lambda: ImpactSample.objects.filter(run=run).count() == 2)
    finally:
        surveyor.stop()

    assert not surveyor._thread.is_alive()


def test_switched_off_it_starts_no_thread():
    surveyor = Surveyor(SystemClock())
    surveyor.start()
    surveyor.stop()
    assert surveyor._thread.ident is None
