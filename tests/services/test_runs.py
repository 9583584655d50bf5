from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import MigrationStatus, RunKind, RunState, Signal
from migrations_app.models import AuditEntry, ClaimedTarget, Lease, Migration, PlanRevision, Run, RunEvent, Target
from migrations_app.models.actor import Actor
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.selectors.access import access_of
from migrations_app.selectors.run_actions import actions_of
from migrations_app.services import driving, freezes, runs
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from tests.parallel import at_once, exceptions
from tests.runs import a_run, migration, plan, queued, step, target
from tests.runtime.test_journal import opened
from tests.services.test_driving import drive_to_end
from tests.session_runs import SessionMigrationRows, sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

Control = Callable[..., None]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def run(cast: Any) -> Run:
    """A run that goes forward, with one step done."""
    run = a_run()
    done = [NewEvent(EventType.STEP_STARTED, "one", attempt=1), NewEvent(EventType.STEP_SUCCEEDED, "one", attempt=1)]
    opened(run).append([NewEvent(EventType.RUN_STARTED), *done])
    return run


@pytest.fixture
def completed(cast: Any, tmp_path: Path) -> SessionMigrationRows:
    rows = sqlite_migration(tmp_path, count=30, dry_run_required=False)
    assert drive_to_end(queued(rows.revision)).state == RunState.SUCCEEDED
    return rows


def ask(control: Control, actor: Actor, run: Run) -> Run:
    control(actor=actor, now=now(), run_id=run.pk)
    return Run.objects.get(pk=run.pk)


def fail(run: Run) -> None:
    error = {"type": "step_failed", "message": "no"}
    opened(run).append(
        [
            NewEvent(EventType.RUN_STARTED),
            NewEvent(EventType.STEP_STARTED, "one", attempt=1),
            NewEvent(EventType.STEP_FAILED, "one", attempt=1, payload={"error": error}),
            NewEvent(EventType.RUN_FAILED, payload={"error": error}),
        ]
    )


def stick(run: Run) -> None:
    error = {"type": "rollback_failed", "message": "no"}
    opened(run).append(
        [
            NewEvent(EventType.RUN_STARTED),
            NewEvent(EventType.STEP_STARTED, "one", attempt=1),
            NewEvent(EventType.ROLLBACK_STARTED, payload={"steps": ["one"], "reason": "asked"}),
            NewEvent(EventType.UNDO_STARTED, "one", attempt=1),
            NewEvent(EventType.UNDO_FAILED, "one", attempt=1, payload={"error": error}),
            NewEvent(EventType.RUN_STUCK, payload={"error": error}),
        ]
    )


@pytest.mark.parametrize(("control", "signal"), [(runs.pause, Signal.PAUSE), (runs.cancel, Signal.CANCEL)])
def test_a_wish_is_a_signal_a_log_line_a_wake_and_an_audit_entry(
    operator: Actor, run: Run, control: Control, signal: Signal
) -> None:
    Lease.objects.update(due_at=None)
    asked = ask(control, operator, run)

    assert asked.signal == signal
    newest = RunEvent.objects.filter(run=run).latest("seq")
    assert (newest.type, newest.payload["by"]) == ("Logged", "operator")
    assert Lease.objects.get(run=run).due_at is not None
    assert AuditEntry.objects.get().action == f"run.{signal}"


def test_resuming_takes_a_pause_back(operator: Actor, run: Run) -> None:
    ask(runs.pause, operator, run)

    assert ask(runs.resume, operator, run).signal == Signal.NONE


def test_a_cancel_replaces_a_pause_and_not_the_other_way_round(operator: Actor, run: Run) -> None:
    ask(runs.pause, operator, run)
    assert ask(runs.cancel, operator, run).signal == Signal.CANCEL
    for control in (runs.pause, runs.resume, runs.cancel):
        with pytest.raises(Conflict):
            ask(control, operator, run)
    assert Run.objects.get().signal == Signal.CANCEL


def test_asking_at_once_counts_once(operator: Actor, run: Run) -> None:
    outcomes = at_once(*[lambda: ask(runs.pause, operator, run)] * 4)

    assert len(exceptions(outcomes)) == 3
    assert all(isinstance(error, Conflict) for error in exceptions(outcomes))


def test_a_run_that_has_ended_hears_nothing(operator: Actor, run: Run) -> None:
    Run.objects.update(state=RunState.SUCCEEDED)
    for control in (runs.pause, runs.resume, runs.cancel, runs.retry):
        with pytest.raises(Conflict) as refused:
            ask(control, operator, run)
        assert refused.value.reason == "not_possible"


def test_a_rollback_cannot_be_cancelled(operator: Actor, cast: Any) -> None:
    first = a_run()
    Run.objects.update(state=RunState.FAILED)
    Migration.objects.update(status=MigrationStatus.FAILED)
    undoing = queued(first.revision, RunKind.ROLLBACK, undoes=first)

    with pytest.raises(Conflict, match="a mix"):
        ask(runs.cancel, operator, undoing)


def test_only_operators_control(viewer: Actor, outsider: Actor, run: Run) -> None:
    with pytest.raises(PermissionDenied):
        ask(runs.pause, viewer, run)
    with pytest.raises(NotFound):
        ask(runs.pause, outsider, run)
    with pytest.raises(NotFound):
        runs.pause(actor=viewer, now=now(), run_id=999_999)
    assert Run.objects.get().signal == Signal.NONE


def test_a_pause_and_a_cancel_take_effect_in_the_drive(operator: Actor, cast: Any, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=30)
    run = queued(rows.revision)
    ask(runs.pause, operator, run)
    driving.drive(scope=Scope(run.pk), clock=SystemClock())
    assert Run.objects.get().state == RunState.PAUSED
    assert Migration.objects.get().status == MigrationStatus.PAUSED
    assert Lease.objects.get(run=run, step="").holder == ""

    ask(runs.cancel, operator, run)
    assert drive_to_end(run).state in (RunState.CANCELLED, RunState.ROLLED_BACK)
    assert rows.digests()[1] is None


def test_a_live_run_turns_round_and_keeps_its_id(operator: Actor, cast: Any, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=30)
    run = queued(rows.revision)
    driving.drive(scope=Scope(run.pk), clock=SystemClock(), stopping=lambda: False)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)

    undoing = runs.rollback_migration(actor=operator, now=now(), migration_id=run.migration_id)
    assert undoing == run.pk
    assert runs.rollback_migration(actor=operator, now=now(), migration_id=run.migration_id) == run.pk
    assert Run.objects.get().signal == Signal.ROLL_BACK


def test_a_completed_migration_is_undone_by_a_run_of_its_own(operator: Actor, completed: SessionMigrationRows) -> None:
    before = completed.digests()[0]
    run_id = runs.rollback_migration(actor=operator, now=now(), migration_id=completed.revision.migration_id)
    undoing = Run.objects.get(pk=run_id)

    assert (undoing.kind, undoing.undoes_id is not None) == (RunKind.ROLLBACK, True)
    assert Migration.objects.get().status == MigrationStatus.ROLLING_BACK
    assert drive_to_end(undoing).state == RunState.ROLLED_BACK
    assert Migration.objects.get().status == MigrationStatus.ROLLED_BACK
    source, sink = completed.digests()
    assert source == before
    assert sink is None or sink.count == 0


def executed(revision: PlanRevision) -> Run:
    """A run of it that succeeded; the migration is planned for it again first."""
    Migration.objects.filter(pk=revision.migration_id).update(status=MigrationStatus.PLANNED)
    run = queued(revision)
    opened(run).append([NewEvent(EventType.RUN_STARTED), NewEvent(EventType.RUN_SUCCEEDED)])
    return run


def refused_rollback(actor: Actor, run: Run) -> Conflict:
    with pytest.raises(Conflict) as refused:
        runs.rollback_migration(actor=actor, now=now(), migration_id=run.migration_id, run_id=run.pk)
    assert refused.value.reason == "another_run"
    return refused.value


def test_a_rollback_of_an_old_run_leaves_a_later_one_alone(operator: Actor, cast: Any) -> None:
    first = executed(migration(plan([step("one")])))
    second = executed(first.revision)

    refusal = refused_rollback(operator, first)
    assert f"Run {first.pk} cannot be rolled back" in refusal.message
    assert "Nothing was changed." in refusal.message
    assert (refusal.details["run"], f"run {second.pk}" in refusal.fix) == (second.pk, True)
    assert not Run.objects.filter(kind=RunKind.ROLLBACK).exists()


def test_a_rollback_of_an_old_run_does_not_turn_the_live_one_round(operator: Actor, cast: Any) -> None:
    first = executed(migration(plan([step("one")])))
    Migration.objects.update(status=MigrationStatus.PLANNED)
    live = queued(first.revision)
    opened(live).append([NewEvent(EventType.RUN_STARTED)])

    refused_rollback(operator, first)
    assert Run.objects.get(pk=live.pk).signal == Signal.NONE


def test_a_rollback_asked_for_twice_is_the_same_rollback(operator: Actor, completed: SessionMigrationRows) -> None:
    meant = Run.objects.get()
    asked = {"actor": operator, "migration_id": meant.migration_id, "run_id": meant.pk}
    undoing = runs.rollback_migration(now=now(), **asked)

    assert runs.rollback_migration(now=now(), **asked) == undoing
    assert Run.objects.get(kind=RunKind.ROLLBACK).undoes_id == meant.pk


def test_what_was_never_executed_cannot_be_rolled_back(operator: Actor, cast: Any) -> None:
    revision = migration(plan([step("one")]))

    with pytest.raises(Conflict) as refused:
        runs.rollback_migration(actor=operator, now=now(), migration_id=revision.migration_id)
    assert refused.value.reason == "nothing_to_roll_back"


def test_a_dry_run_is_cancelled_and_not_rolled_back(operator: Actor, cast: Any) -> None:
    run = queued(migration(plan([step("one")])), RunKind.DRY_RUN)

    with pytest.raises(Conflict, match="cancel it"):
        runs.rollback_migration(actor=operator, now=now(), migration_id=run.migration_id)


def test_a_failed_run_goes_on_from_where_it_stopped(operator: Actor, cast: Any) -> None:
    run = a_run(auto_rollback=False)
    fail(run)
    assert not ClaimedTarget.objects.exists()
    retried = ask(runs.retry, operator, run)

    assert (retried.state, retried.ended_at) == (RunState.RUNNING, None)
    row = Migration.objects.get()
    assert (row.status, row.needs_person) == (MigrationStatus.EXECUTING, False)
    assert Lease.objects.get(run=run).due_at is not None


def test_a_stuck_rollback_goes_on_where_it_stopped(operator: Actor, cast: Any) -> None:
    run = a_run()
    stick(run)
    assert Migration.objects.get().needs_person
    with pytest.raises(Conflict, match="stuck"):
        runs.rollback_migration(actor=operator, now=now(), migration_id=run.migration_id)

    retried = ask(runs.retry, operator, run)
    assert retried.state == RunState.ROLLING_BACK
    assert Migration.objects.get().status == MigrationStatus.ROLLING_BACK


def test_a_retry_is_kept_out_by_who_uses_the_targets_now(operator: Actor, cast: Any, tmp_path: Path) -> None:
    used = sqlite_migration(tmp_path, count=1).source
    content = plan([step("one")], [used], auto_rollback=False)
    run = queued(migration(content, [used]))
    fail(run)
    queued(migration(content, [Target.objects.get(pk=used.pk)], title="Another one"))

    with pytest.raises(Conflict, match="in use by run"):
        ask(runs.retry, operator, run)
    assert Run.objects.get(pk=run.pk).state == RunState.FAILED


def test_a_freeze_keeps_a_failed_run_from_going_on_and_a_rollback_from_nothing(operator: Actor, cast: Any) -> None:
    failed, stuck = a_run(), a_run()
    fail(failed)
    stick(stuck)
    admin = cast.actors["admin"]
    freeze_id = freezes.create(actor=admin, now=now(), reason="quarter end", ends_at=now() + timedelta(hours=1))

    with pytest.raises(Conflict, match="quarter end"):
        runs.retry(actor=operator, now=now(), run_id=failed.pk)
    assert Run.objects.get(pk=failed.pk).state == RunState.FAILED
    runs.retry(actor=operator, now=now(), run_id=stuck.pk)
    assert Run.objects.get(pk=stuck.pk).state == RunState.ROLLING_BACK

    freezes.lift(actor=admin, now=now(), freeze_id=freeze_id)
    runs.retry(actor=operator, now=now(), run_id=failed.pk)
    assert Run.objects.get(pk=failed.pk).state != RunState.FAILED


def test_a_freeze_does_not_keep_a_run_from_being_rolled_back(
    operator: Actor, cast: Any, completed: SessionMigrationRows
) -> None:
    freezes.create(actor=cast.actors["admin"], now=now(), reason="now", ends_at=now() + timedelta(hours=1))

    undo = runs.rollback_migration(actor=operator, now=now(), migration_id=completed.revision.migration_id)
    assert Run.objects.get(pk=undo).kind == RunKind.ROLLBACK


def test_of_two_retries_at_once_one_wins(operator: Actor, cast: Any) -> None:
    run = a_run(auto_rollback=False)
    fail(run)
    outcomes = at_once(*[lambda: ask(runs.retry, operator, run)] * 3)

    assert len(exceptions(outcomes)) == 2
    assert RunEvent.objects.filter(type="RunResumed").count() == 1


@pytest.mark.parametrize("kind", [RunKind.DRY_RUN, RunKind.APPLY])
def test_what_cannot_be_retried_says_why(operator: Actor, cast: Any, kind: RunKind) -> None:
    run = queued(migration(plan([step("one")])), kind)
    events = [NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})]
    if kind is RunKind.DRY_RUN:
        events.insert(0, NewEvent(EventType.RUN_STARTED))
    opened(run).append(events)

    with pytest.raises(Conflict, match="started anew" if kind is RunKind.DRY_RUN else "never started"):
        ask(runs.retry, operator, run)


def final_run(*, state: RunState) -> Run:
    """One whose last step, which nothing takes back, has succeeded."""
    targets = [target("old"), target("new")]
    run = queued(migration(plan([step("one"), step("two", reversible=False)], targets), targets))
    events = [NewEvent(EventType.RUN_STARTED)]
    for name in ("one", "two"):
        events += [
            NewEvent(EventType.STEP_STARTED, name, attempt=1),
            NewEvent(EventType.STEP_SUCCEEDED, name, attempt=1),
        ]
    opened(run).append([*events, *([NewEvent(EventType.RUN_SUCCEEDED)] if state is RunState.SUCCEEDED else [])])
    return run


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.SUCCEEDED])
def test_past_a_step_that_nothing_takes_back_a_rollback_is_refused(operator: Actor, cast: Any, state: RunState) -> None:
    run = final_run(state=state)

    with pytest.raises(Conflict) as refused:
        runs.rollback_migration(actor=operator, now=now(), migration_id=run.migration_id)
    assert "“Two” cannot be taken back" in f"{refused.value} {refused.value.details}"
    assert Run.objects.get().signal == Signal.NONE


def test_a_failed_run_does_not_go_on_over_what_another_has_done_to_its_targets_since(
    operator: Actor, cast: Any, tmp_path: Path
) -> None:
    used = sqlite_migration(tmp_path, count=1).source
    content = plan([step("one")], [used], auto_rollback=False)
    run = queued(migration(content, [used]))
    fail(run)
    other = queued(migration(content, [used], title="Another one"))
    opened(other).append([NewEvent(EventType.RUN_STARTED), NewEvent(EventType.RUN_SUCCEEDED)])

    with pytest.raises(Conflict, match=f"was used by run {other.pk} of “Another one” later"):
        ask(runs.retry, operator, run)
    failed = Run.objects.get(pk=run.pk)
    assert failed.state == RunState.FAILED
    shown = {each.operation: each.why_not for each in actions_of(failed, access_of(operator), now=datetime.now(UTC))}
    assert shown["retry"] == f"{used.name} was used by run {other.pk} of “Another one” later; roll that back first"
    assert shown["roll_back"] == shown["retry"]


def test_a_failed_run_does_not_go_on_with_a_target_that_is_configured_as_nobody_signed(
    operator: Actor, cast: Any, tmp_path: Path
) -> None:
    used = sqlite_migration(tmp_path, count=1).source
    run = queued(migration(plan([step("one")], [used], auto_rollback=False), [used]))
    fail(run)
    Target.objects.filter(pk=used.pk).update(config={**used.config, "table": "others"})

    with pytest.raises(Conflict, match="configuration of target"):
        ask(runs.retry, operator, run)
    Target.objects.filter(pk=used.pk).update(config=used.config)
    assert ask(runs.retry, operator, run).state == RunState.RUNNING
