"""Targets of real runs are read while they are driven; nothing that goes wrong there is the run's matter."""

from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import ImpactSample, ImpactWatch, Run
from migrations_app.models.impact import KEPT_READINGS
from migrations_app.runtime import impact
from migrations_app.runtime.clock import SystemClock
from migrations_app.services.driving import drive_run
from tests.parallel import at_once
from tests.runs import queued
from tests.runs import target as target_row
from tests.session_runs import planned, sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def sampled(settings, monkeypatch):
    settings.SNAKEWEB_IMPACT_SECONDS = 5
    monkeypatch.setattr(impact, "BASELINE_SECONDS", 0.01)


def roles(run: Run, **where) -> set[str]:
    return set(ImpactSample.objects.filter(run=run, **where).values_list("role", flat=True))


def test_a_run_is_read_before_its_first_event_and_after_its_last(tmp_path):
    run = queued(sqlite_migration(tmp_path, count=5).revision)

    drive_run(run_id=run.pk, clock=CLOCK)

    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    assert roles(run, at__lte=run.started_at, gap="") == {"source", "target"}
    assert ImpactSample.objects.filter(run=run, at__lte=run.started_at, role="source").count() == 2
    assert roles(run, at__gt=run.ended_at, gap="") == {"source", "target"}


def test_a_target_that_does_not_answer_is_a_gap_with_its_reason_and_no_secret(tmp_path, redis_server):
    source = target_row("a", redis_server.config(prefix="impact:"))
    rows = planned(source, target_row("b", {"store": "sqlite", "path": str(_empty(tmp_path))}))
    run = queued(rows.revision)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=CLOCK.now())
    (tmp_path / "b.sqlite3").unlink()

    assert impact.look_due(CLOCK) == 1

    read = {row.role: row for row in ImpactSample.objects.filter(run=run)}
    assert read["source"].gap == ""
    assert read["source"].operations > 0
    assert "cannot be opened" in read["target"].gap
    assert read["target"].latency_us is None


def _empty(directory):
    path = directory / "b.sqlite3"
    path.touch()
    return path


def test_a_changed_target_is_not_read_and_what_nobody_foresaw_ends_nothing(tmp_path, monkeypatch):
    rows = sqlite_migration(tmp_path, count=5)
    run = queued(rows.revision)
    rows.target.config = {**rows.target.config, "table": "others"}
    rows.target.save()
    impact.after(run, CLOCK)
    rows.target.config = {key: value for key, value in rows.target.config.items() if key != "table"}
    rows.target.save()
    monkeypatch.setattr(impact.composition, "resolve_targets", lambda plan: 1 // 0)
    impact.after(run, CLOCK)

    why = list(ImpactSample.objects.filter(run=run, role="source").order_by("pk").values_list("gap", flat=True))
    assert "no longer configured" in why[0]
    assert "log says why" in why[1]


def test_of_two_workers_one_takes_each_turn_and_none_comes_before_its_time(tmp_path):
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=CLOCK.now())
    assert impact.look_due(CLOCK) == 1
    assert impact.look_due(CLOCK) == 0

    ImpactWatch.objects.update(due_at=CLOCK.now() - timedelta(seconds=1))
    stale = Run.objects.select_related("revision").get(pk=run.pk)
    seen = at_once(*[lambda: impact.look_due(CLOCK)] * 2)

    assert sorted(seen) == [0, 1]
    assert ImpactSample.objects.filter(run=stale, role="source").count() == 2


def test_who_was_held_up_after_its_look_takes_no_turn_that_another_has_had(tmp_path):
    class HeldUp(SystemClock):
        looks = 0

        def now(self):
            self.looks += 1
            if self.looks == 2:  # it has listed the run, and comes to it now
                assert impact.look_due(CLOCK) == 1
            return super().now()

    run = queued(sqlite_migration(tmp_path, count=5).revision)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=CLOCK.now())

    assert impact.look_due(HeldUp()) == 0
    assert ImpactSample.objects.filter(run=run, role="source").count() == 1


def test_readings_go_on_for_a_minute_after_the_end_and_no_longer(tmp_path):
    run = queued(sqlite_migration(tmp_path, count=5).revision, kind=RunKind.DRY_RUN)
    now = CLOCK.now()
    Run.objects.filter(pk=run.pk).update(
        state=RunState.SUCCEEDED, started_at=now - timedelta(seconds=90), ended_at=now - timedelta(seconds=30)
    )
    assert impact.look_due(CLOCK) == 1

    ImpactWatch.objects.update(due_at=now)
    Run.objects.update(ended_at=now - timedelta(seconds=61))
    assert impact.look_due(CLOCK) == 0


def test_of_a_long_run_every_second_reading_goes_and_half_as_many_come(tmp_path):
    run = queued(sqlite_migration(tmp_path, count=5).revision)
    began = CLOCK.now() - timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=began)
    ImpactSample.objects.bulk_create(
        ImpactSample(run=run, role=role, at=began + timedelta(seconds=offset), latency_us=offset + 100)
        for role in ("source", "target")
        for offset in range(-2, KEPT_READINGS + 2)
    )

    impact.look_due(CLOCK)

    of_source = ImpactSample.objects.filter(run=run, role="source").order_by("at")
    assert of_source.filter(at__lte=began).count() == 3  # what was before stays
    assert KEPT_READINGS // 2 <= of_source.filter(at__gt=began).count() <= KEPT_READINGS // 2 + 2
    assert of_source.last().latency_us != KEPT_READINGS + 101  # the newest, just read
    assert ImpactWatch.objects.get(run=run).every_seconds == 10


@pytest.mark.parametrize("off", [("SNAKEWEB_IMPACT_SECONDS", 0), ("SNAKEWEB_MIGRATION", {"telemetry_enabled": False})])
def test_switched_off_nothing_is_read(tmp_path, settings, off):
    setattr(settings, *off)
    run = queued(sqlite_migration(tmp_path, count=5).revision)

    drive_run(run_id=run.pk, clock=CLOCK)

    assert impact.look_due(CLOCK) == 0
    assert not ImpactSample.objects.exists()
