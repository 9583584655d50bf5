from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import F

from migrations_app.engine.brief import Outcome, OutcomeKind
from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import MigrationStatus, RoutePhase, RunKind, RunState
from migrations_app.models import (
    BreakGlass,
    Environment,
    Lease,
    Migration,
    OutboxRow,
    Route,
    Run,
    RunEvent,
    SealedSecret,
)
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.journal import OrmJournal
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.live import OrmLive
from migrations_app.services import driving
from migrations_app.stores.routed.opening import open_routed
from tests import policies
from tests.runs import AT, environment, queued
from tests.session_runs import fill, sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)


def drive_to_end(run: Run, limit: int = 50) -> Run:
    """Drive whatever is due, one scope after the other, until nothing is."""
    for _ in range(limit):
        due = Lease.objects.filter(run=run, due_at__isnull=False).order_by("step", "partition").first()
        if due is None:
            break
        driving.drive(scope=Scope.of(due), clock=SystemClock())
    run.refresh_from_db()
    return run


def test_a_run_is_driven_from_its_queue_to_its_end(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    run = drive_to_end(queued(rows.revision))

    assert run.state == RunState.SUCCEEDED
    assert Migration.objects.get().status == MigrationStatus.COMPLETED
    source, sink = rows.digests()
    assert (source.count, sink.count, sink.digest) == (50, 50, source.digest)


def test_partitions_are_driven_one_by_one_and_merged(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, parallel_workers=3)
    run = drive_to_end(queued(rows.revision))

    assert run.state == RunState.SUCCEEDED
    assert Lease.objects.filter(run=run).exclude(step="").count() == 3
    source, sink = rows.digests()
    assert sink.digest == source.digest


def test_what_is_not_due_is_superseded(tmp_path: Path) -> None:
    run = drive_to_end(queued(sqlite_migration(tmp_path, count=1).revision))

    assert driving.drive_run(run_id=run.pk, clock=SystemClock()).kind is OutcomeKind.SUPERSEDED


def test_a_process_that_is_to_stop_takes_nothing_up(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=1).revision)

    assert driving.drive_run(run_id=run.pk, clock=SystemClock(), stopping=lambda: True) == driving.SUPERSEDED
    assert Lease.objects.get(run=run).due_at is not None


def test_targets_that_drifted_since_the_signature_end_the_run_before_any_effect(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    rows.revision.fingerprints["source"]["identity"] = "another server"
    rows.revision.save()
    run = drive_to_end(queued(rows.revision))

    assert (run.state, run.started_at) == (RunState.FAILED, None)
    assert run.error is not None
    assert run.error["type"] == "plan_is_stale"
    assert "another server" in run.error["message"]
    assert rows.digests()[1] is None


@pytest.mark.parametrize(
    ("asked", "minutes", "broken", "state"),
    [
        (1, -1, False, RunState.FAILED),
        (1, 60, False, RunState.SUCCEEDED),
        (1, -1, True, RunState.SUCCEEDED),
        (0, -1, False, RunState.SUCCEEDED),
    ],
)
def test_approvals_that_ended_in_the_queue_let_nothing_begin(
    tmp_path: Path, asked: int, minutes: int, broken: bool, state: RunState
) -> None:
    policies.with_environment(Environment.objects.create(name="dev", position=1, created_at=AT), asked, AT)
    rows = sqlite_migration(tmp_path, count=1)
    Migration.objects.update(review_expires_at=datetime.now(UTC) + timedelta(minutes=minutes))
    run = queued(rows.revision)
    if broken:
        BreakGlass.objects.create(migration=run.migration, run=run, person=run.started_by, reason="urgent", at=AT)

    run = drive_to_end(run)

    assert run.state == state
    if state is RunState.FAILED:
        assert run.started_at is None
        assert run.error is not None
        assert "while the run waited to begin" in run.error["message"]
        assert rows.digests()[1] is None


def test_a_run_that_cannot_be_driven_here_says_so_and_is_tried_again(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    run = queued(rows.revision)
    worker = leases.claim(Scope(run.pk), "first", 10)
    assert worker is not None
    writer = OrmJournal(
        run_id=run.pk,
        kind=RunKind.APPLY,
        plan=Plan.from_content(run.revision.content),
        worker=worker,
        clock=SystemClock(),
    )
    writer.append([NewEvent(EventType.RUN_STARTED)])
    leases.schedule([Scope(run.pk)])
    leases.release(worker, wake_at=None)
    SealedSecret.objects.create(target=rows.source, name="password", key_id="gone", sealed=b"x" * 40, changed_at=AT)

    outcome = driving.drive_run(run_id=run.pk, clock=SystemClock())

    assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "secret_unreadable")
    lease = Lease.objects.get(run=run)
    assert (lease.holder, lease.due_at is not None) == ("", True)
    assert RunEvent.objects.latest("seq").payload["level"] == "error"
    assert Run.objects.get().state == RunState.RUNNING


def test_a_driver_that_was_replaced_while_at_work_is_refused_and_counted(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path).revision)

    def replaced() -> bool:
        """Called at each sign of progress: by then somebody else has the lease."""
        Lease.objects.filter(run=run, token=1).update(token=F("token") + 1)
        return False

    outcome = driving.drive_run(run_id=run.pk, clock=SystemClock(), stopping=first_no(replaced))

    assert outcome.kind is OutcomeKind.SUPERSEDED
    assert Lease.objects.get(run=run).refusals == 1


def first_no(then: Callable[[], bool]) -> Callable[[], bool]:
    """False at the first call, which asks whether to start at all."""
    answers = iter([lambda: False])
    return lambda: next(answers, then)()


def test_the_end_of_a_slice_is_followed_by_the_next_one(tmp_path: Path, settings: LazySettings) -> None:
    settings.SNAKEWEB_RUNTIME = {"slice_seconds": 0.0}
    run = queued(sqlite_migration(tmp_path, count=30).revision)
    OutboxRow.objects.all().delete()

    assert driving.drive_run(run_id=run.pk, clock=SystemClock()).kind is OutcomeKind.YIELDED
    assert OutboxRow.objects.get().arguments == [run.pk]
    settings.SNAKEWEB_RUNTIME = {}
    assert drive_to_end(run).state == RunState.SUCCEEDED


def test_an_unexpected_error_leaves_the_lease_to_expire(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path).revision)
    with armed("executor.opened:raise"), pytest.raises(Crash):
        driving.drive_run(run_id=run.pk, clock=SystemClock())

    lease = Lease.objects.get(run=run)
    assert lease.holder != ""
    assert lease.expires_at is not None


@pytest.fixture
def dual(tmp_path: Path) -> Run:
    """A run whose route is at DUAL_A and whose relay and verifier are wanted."""
    rows = sqlite_migration(tmp_path, parameters={"route": "sessions"}, zero_downtime=True)
    fill(dict(rows.target.config), 0)
    worker = WorkerToken("the step that joins", 1)
    for row, fence in ((rows.source, 1), (rows.target, 2)):
        with open_routed(row.config, {}) as store:
            store.sessions.raise_worker_fence(worker)
            store.join(worker, route="sessions", fence=fence, document="{}", epoch=1)
    run = queued(rows.revision)
    phase = RoutePhase.DUAL_A
    Route.objects.create(environment=environment(), name="sessions", epoch=4, phase=phase, authority="a", changed_at=AT)
    live_of(run).want("relay", "verifier")
    return run


def live_of(run: Run) -> OrmLive:
    return OrmLive(run_id=run.pk, environment_id=environment().pk, clock=SystemClock())


def background(run: Run, name: str, stopping: Callable[[], bool] = lambda: False) -> Outcome:
    return driving.drive_background(run_id=run.pk, name=name, clock=SystemClock(), stopping=stopping)


def lease(run: Run, name: str) -> Lease:
    return Lease.objects.get(run=run, step=f"background.{name}")


def test_nobody_drives_in_the_background_what_is_not_wanted(tmp_path: Path) -> None:
    run = queued(sqlite_migration(tmp_path, count=1).revision)

    assert background(run, "relay").kind is OutcomeKind.SUPERSEDED


def test_a_background_driver_goes_on_slice_after_slice_until_its_process_stops(
    dual: Run, settings: LazySettings
) -> None:
    settings.SNAKEWEB_RUNTIME = {"slice_seconds": 0.0}
    asked: list[int] = []

    def stopping() -> bool:
        asked.append(lease(dual, "relay").token)
        return asked[-1] >= 3 and lease(dual, "relay").holder == ""

    assert background(dual, "relay", stopping).kind is OutcomeKind.YIELDED
    assert max(asked) == 3
    assert lease(dual, "relay").due_at is not None


def test_one_that_rests_is_due_again_when_it_said(dual: Run) -> None:
    outcome = background(dual, "verifier")

    assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "verifier")
    assert outcome.wake_at is not None
    assert lease(dual, "verifier").due_at == outcome.wake_at
    assert live_of(dual).shown("sessions")["verifier"]["passes"] == 1


def test_one_that_has_ended_is_not_due_any_more(dual: Run) -> None:
    Route.objects.update(phase=RoutePhase.SINGLE_B, authority="b")

    assert background(dual, "relay").kind is OutcomeKind.FINISHED
    assert lease(dual, "relay").due_at is None
    assert background(dual, "relay").kind is OutcomeKind.SUPERSEDED


def test_it_outlives_its_run_and_tries_again_soon_when_a_store_is_away(dual: Run, tmp_path: Path) -> None:
    Run.objects.filter(pk=dual.pk).update(state=RunState.FAILED)
    (tmp_path / "sessions-b.sqlite3").unlink()

    outcome = background(dual, "relay")

    assert outcome.kind is OutcomeKind.PARKED
    assert outcome.wake_at is not None
    assert lease(dual, "relay").due_at is not None


def test_one_that_was_replaced_is_counted(dual: Run, settings: LazySettings) -> None:
    def replaced() -> bool:
        Lease.objects.filter(run=dual, step="background.relay", token=1).update(token=F("token") + 1)
        return False

    assert background(dual, "relay", first_no(replaced)).kind is OutcomeKind.SUPERSEDED
    assert lease(dual, "relay").refusals == 1
