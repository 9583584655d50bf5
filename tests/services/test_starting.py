"""Starting a run: every unmet condition at once, and of several starts at once exactly one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import armed
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import ClaimMode, MigrationStatus, RunKind, RunState
from migrations_app.models import AuditEntry, ClaimedTarget, Lease, Migration, OutboxRow, Run, RunEvent, Target
from migrations_app.models.actor import Actor
from migrations_app.services import freezes, runs
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import SessionRecord
from tests.parallel import at_once, exceptions, wait_for
from tests.runs import queued, target
from tests.session_runs import FAR, SessionMigrationRows, planned, sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def rows(cast: Any, tmp_path: Path) -> SessionMigrationRows:
    return sqlite_migration(tmp_path, count=20, dry_run_required=False)


def execute(actor: Actor, rows: SessionMigrationRows, **values: Any) -> int:
    return runs.execute_migration(actor=actor, now=now(), migration_id=rows.revision.migration_id, **values)


def codes(refused: Conflict) -> set[str]:
    return {problem["code"] for problem in refused.details["problems"]}


def add_sessions(target: Target, count: int) -> None:
    worker = WorkerToken("run:0", 2**40)
    with open_store(target.config, {}) as store:
        store.initialise(worker)
        store.apply([SessionRecord(f"x{n}", b"x", expires_at_ms=FAR) for n in range(count)], worker)


def test_a_start_commits_run_claims_first_event_lease_outbox_and_audit_together(
    operator: Actor, rows: SessionMigrationRows
) -> None:
    run_id = execute(operator, rows, digest=rows.revision.digest)

    run = Run.objects.get()
    assert (run.pk, run.kind, run.state, run.started_by_id) == (run_id, "apply", RunState.QUEUED, operator.person_id)
    assert ClaimedTarget.objects.filter(run=run, mode=ClaimMode.EXCLUSIVE).count() == 2
    assert list(RunEvent.objects.values_list("seq", "type")) == [(1, "RunQueued")]
    assert Lease.objects.get(run=run).due_at is not None
    assert OutboxRow.objects.get().arguments == [run_id]
    assert Migration.objects.get().status == MigrationStatus.EXECUTING
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome, entry.object_id) == ("run.execute", "allowed", str(rows.revision.migration_id))


def test_of_two_executes_at_once_one_wins(operator: Actor, rows: SessionMigrationRows) -> None:
    outcomes = at_once(*[lambda: execute(operator, rows)] * 4)

    (lost, *others) = exceptions(outcomes)
    assert len(others) == 2
    assert all(isinstance(error, Conflict) and error.reason == "already_running" for error in (lost, *others))
    assert Run.objects.count() == 1
    assert ClaimedTarget.objects.count() == 2
    assert AuditEntry.objects.filter(outcome="denied").count() == 3


def test_of_two_migrations_of_one_target_one_starts(
    operator: Actor, rows: SessionMigrationRows, tmp_path: Path
) -> None:
    other = planned(rows.source, rows.target, title="The same again", dry_run_required=False)
    outcomes = at_once(lambda: execute(operator, rows), lambda: execute(operator, other))

    (lost,) = exceptions(outcomes)
    assert isinstance(lost, Conflict)
    assert lost.reason in ("claim_conflict", "cannot_start")
    assert Run.objects.count() == 1


def test_every_unmet_condition_is_named_at_once(operator: Actor, cast: Any, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=20, dry_run_required=True)
    other = planned(rows.source, rows.target, title="Another one")
    queued(other.revision)
    add_sessions(rows.target, 1)

    with pytest.raises(Conflict) as refused:
        execute(operator, rows, digest="0" * 64)

    assert {"digest_changed", "dry_run_missing", "claim_conflict", "plan_is_stale"} <= codes(refused.value)
    assert refused.value.reason == "cannot_start"
    assert "Another one" in refused.value.message
    assert Run.objects.filter(migration=rows.revision.migration).count() == 0
    assert AuditEntry.objects.get().outcome == "denied"


def test_a_target_that_does_not_answer_is_named(operator: Actor, rows: SessionMigrationRows) -> None:
    Path(rows.source.config["path"]).write_bytes(b"this is no database" * 1000)

    with pytest.raises(Conflict) as refused:
        execute(operator, rows)
    assert codes(refused.value) == {"target_unreachable"}
    assert rows.source.name in refused.value.message


def test_a_changed_target_configuration_is_drift(operator: Actor, rows: SessionMigrationRows) -> None:
    Target.objects.filter(pk=rows.target.pk).update(config={**rows.target.config, "table": "other"})

    with pytest.raises(Conflict) as refused:
        execute(operator, rows)
    assert "plan_is_stale" in codes(refused.value)


def test_a_dry_run_takes_no_claims_and_is_not_kept_out_by_those_of_others(
    operator: Actor, rows: SessionMigrationRows
) -> None:
    other = planned(rows.source, rows.target, title="Another one")
    queued(other.revision)
    run_id = runs.validate_migration(actor=operator, now=now(), migration_id=rows.revision.migration_id)

    assert Run.objects.get(pk=run_id).kind == RunKind.DRY_RUN
    assert not ClaimedTarget.objects.filter(run=run_id).exists()
    assert Migration.objects.get(pk=rows.revision.migration_id).status == MigrationStatus.VALIDATING


def test_a_recent_dry_run_of_this_plan_is_enough_for_a_day(operator: Actor, cast: Any, tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path, count=20, dry_run_required=True)
    dry = queued(rows.revision, RunKind.DRY_RUN)
    Run.objects.filter(pk=dry.pk).update(state=RunState.SUCCEEDED, ended_at=now() - timedelta(hours=25))
    Migration.objects.update(status=MigrationStatus.PLANNED)
    with pytest.raises(Conflict) as refused:
        execute(operator, rows)
    assert codes(refused.value) == {"dry_run_too_old"}

    Run.objects.filter(pk=dry.pk).update(ended_at=now() - timedelta(hours=23))
    assert execute(operator, rows)


def test_those_who_may_not_are_refused_and_recorded(
    viewer: Actor, approver: Actor, outsider: Actor, rows: SessionMigrationRows
) -> None:
    for actor, error in ((viewer, PermissionDenied), (approver, PermissionDenied), (outsider, NotFound)):
        with pytest.raises(error):
            execute(actor, rows)

    assert not Run.objects.exists()
    assert AuditEntry.objects.filter(outcome="denied", action="run.execute").count() == 3


def test_a_draft_and_a_stranger_s_number_are_refused(operator: Actor, rows: SessionMigrationRows) -> None:
    rows.revision.delete()
    with pytest.raises(Conflict) as refused:
        execute(operator, rows)
    assert refused.value.reason == "not_planned"
    with pytest.raises(NotFound):
        runs.execute_migration(actor=operator, now=now(), migration_id=999_999)


def test_a_freeze_that_begins_while_the_targets_are_looked_at_lets_nothing_start(
    operator: Actor, admin: Actor, rows: SessionMigrationRows, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"

    def freeze_meanwhile() -> None:
        wait_for(lambda: Path(f"{gate}.reached").exists(), 60, "the targets to be looked at")
        try:
            freezes.create(actor=admin, now=now(), reason="Incident 7", ends_at=now() + timedelta(hours=1))
        finally:
            gate.touch()

    with armed(f"start.looked:wait:{gate}"):
        refused, made = at_once(lambda: execute(operator, rows), freeze_meanwhile)

    assert made is None
    assert isinstance(refused, Conflict)
    assert codes(refused) == {"frozen"}
    assert not Run.objects.exists()


@pytest.fixture
def renamed(rows: SessionMigrationRows) -> SessionMigrationRows:
    """The same two stores under other names."""
    names = (rows.source, rows.target)
    source, sink = (target(f"{row.name}-again", {**row.config, "codec": "opaque"}) for row in names)
    return planned(source, sink, title="Under other names", dry_run_required=False)


def test_of_one_thing_under_two_names_one_run_is_started(
    operator: Actor, rows: SessionMigrationRows, renamed: SessionMigrationRows
) -> None:
    outcomes = at_once(*[lambda: execute(operator, rows), lambda: execute(operator, renamed)] * 2)

    assert len(exceptions(outcomes)) == 3
    assert all(isinstance(error, Conflict) for error in exceptions(outcomes))
    assert Run.objects.count() == 1


def test_whoever_has_a_target_under_another_name_is_named_as_far_as_the_reader_may_know(
    operator: Actor, cast: Any, rows: SessionMigrationRows, renamed: SessionMigrationRows
) -> None:
    execute(operator, rows)
    with pytest.raises(Conflict, match=r"sessions-a-again \(as sessions-a\) is in use by run \d+ of “Move sessions”"):
        execute(operator, renamed)

    Target.objects.filter(pk__in=[rows.source.pk, rows.target.pk]).update(environment=cast.environments["production"])
    with pytest.raises(Conflict, match=r"is in use by run \d+ of another environment") as refused:
        execute(operator, renamed)
    assert "Move sessions" not in refused.value.message
