"""A type that is not built in goes the whole way; versions that differ between processes wait for each other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from migrations_app.engine.brief import OutcomeKind
from migrations_app.engine.vocabulary import MigrationStatus, MigrationType, RunState, Signal
from migrations_app.models import AuditEntry, Environment, Lease, Migration, Run, RunEvent
from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors.start_check import start_check
from migrations_app.services import documents, driving, migrations, planning, runs
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import Conflict, InvalidInput
from tests import stores_on_disk
from tests.cast import Cast
from tests.custom_types import IncompatibleStamp, NewerStamp, OlderStamp, Stamp, let_in
from tests.runs import queued
from tests.services.test_driving import drive_to_end
from tests.stores_on_disk import Stage, newest
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

PARAMETERS = {"text": "seen", "copies": 3, "ink": "red"}


@pytest.fixture
def stage(cast: Cast, dev: Environment, tmp_path: Path, now: datetime, settings: LazySettings) -> Stage:
    """In an environment that asks for no signature, and of an installation that asks for no dry run."""
    settings.SNAKEWEB_MIGRATION = {"dry_run_required": False}
    return stores_on_disk.stage(cast, dev, tmp_path, now)


def draft(stage: Stage, **changes: Any) -> MigrationDraft:
    given: dict[str, Any] = {
        "title": "Stamp it",
        "environment_id": stage.environment.pk,
        "type": MigrationType.CUSTOM,
        "handler": "stamp",
        "targets": {"target": stage.source_id},
        "parameters": PARAMETERS,
        "options": {"dry_run_required": False},
    }
    return MigrationDraft(**{**given, **changes})


def planned(stage: Stage) -> Migration:
    made = migrations.create(actor=stage.operator, now=stage.now, draft=draft(stage))
    planning.plan(actor=stage.operator, now=stage.now, migration_id=made)
    return Migration.objects.get(pk=made)


def stamp(stage: Stage) -> Path:
    (role,) = Migration.objects.get().target_roles.all()
    return Path(f"{role.target.config['path']}.stamp")


def drive(run: Run) -> OutcomeKind:
    Lease.objects.filter(run=run).update(due_at=datetime.now(UTC) - timedelta(seconds=1))
    kind = driving.drive_run(run_id=run.pk, clock=SystemClock()).kind
    run.refresh_from_db()
    return kind


def test_it_is_planned_run_and_rolled_back_like_a_built_in_one(stage: Stage) -> None:
    with let_in(Stamp):
        migration = planned(stage)
        revision = newest(migration)
        assert (revision.content["handler"], revision.content["handler_version"]) == ("stamp", "1.2.0")
        assert revision.content["parameters"] == {**PARAMETERS, "dry": True}
        assert [claim["mode"] for claim in revision.content["claims"]] == ["exclusive"]
        assert "stamp.red" in {finding["rule"] for finding in revision.findings}

        run = drive_to_end(
            Run.objects.get(
                pk=runs.execute_migration(actor=stage.operator, now=datetime.now(UTC), migration_id=migration.pk)
            )
        )
        assert (run.state, stamp(stage).read_text()) == (RunState.SUCCEEDED, "seen\n" * 3)

        undo = runs.rollback_migration(actor=stage.operator, now=datetime.now(UTC), migration_id=migration.pk)
        assert drive_to_end(Run.objects.get(pk=undo)).state == RunState.ROLLED_BACK
        assert not stamp(stage).exists()
    actions = set(AuditEntry.objects.filter(outcome="allowed").values_list("action", flat=True))
    assert {"migration.create", "migration.plan", "run.execute", "run.roll_back"} <= actions


def test_parameters_are_checked_by_their_declarations(stage: Stage) -> None:
    wrong = {"copies": 99, "ink": "rad", "colour": "red"}
    with let_in(Stamp), pytest.raises(InvalidInput) as refused:
        migrations.create(actor=stage.operator, now=stage.now, draft=draft(stage, parameters=wrong))

    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"parameters.text", "parameters.copies", "parameters.ink", "parameters.colour"}


def test_it_goes_out_as_code_and_comes_in_again(stage: Stage) -> None:
    with let_in(Stamp):
        migration = planned(stage)
        text = documents.export_yaml(actor=stage.operator, migration_id=migration.pk)
        again = documents.import_yaml(actor=stage.operator, now=stage.now, text=text)

        assert "type: custom_migration" in text
        assert "handler: stamp" in text
        copy = Migration.objects.get(pk=again)
        assert (copy.handler, copy.type, copy.parameters) == ("stamp", MigrationType.CUSTOM, migration.parameters)
        with pytest.raises(InvalidInput, match=r"(?s)."):
            documents.import_yaml(actor=stage.operator, now=stage.now, text=text.replace("handler: stamp\n", ""))


def test_a_worker_leaves_what_it_has_not_to_others_and_the_run_says_what_it_waits_for(stage: Stage) -> None:
    with let_in(Stamp):
        run = queued(newest(planned(stage)))
    for handlers in ((), (OlderStamp,), (IncompatibleStamp,)):
        with let_in(*handlers):
            assert drive(run) is OutcomeKind.PARKED
    assert (run.state, run.started_at) == (RunState.QUEUED, None)
    assert run.parked_because == "waits for a worker with stamp 1.2.0"
    assert RunEvent.objects.filter(run=run, type="Logged").count() == 1, "said once, however often it is looked at"
    assert Lease.objects.get(run=run).due_at is not None
    page = signed_in("viewer").get(f"/runs/{run.pk}/").content.decode()
    assert "waits for a worker with stamp 1.2.0" in page

    with let_in(Stamp):
        drive(run)
        assert run.parked_because == ""
        assert drive_to_end(run).state == RunState.SUCCEEDED


def test_a_run_under_way_waits_too_and_a_compatible_version_takes_it_on(stage: Stage) -> None:
    with let_in(Stamp):
        run = queued(newest(planned(stage)))
        Run.objects.filter(pk=run.pk).update(signal=Signal.PAUSE)
        drive(run)
        assert run.state == RunState.PAUSED
    runs.resume(actor=stage.operator, now=datetime.now(UTC), run_id=run.pk)
    with let_in(IncompatibleStamp):
        assert drive(run) is OutcomeKind.PARKED
        assert run.parked_because == "waits for a worker with stamp 1.2.0"
    with let_in(NewerStamp):
        drive(run)
        assert drive_to_end(run).state == RunState.SUCCEEDED


def test_a_run_that_nobody_can_drive_can_be_cancelled(stage: Stage) -> None:
    with let_in(Stamp):
        run = queued(newest(planned(stage)))
    drive(run)
    runs.cancel(actor=stage.operator, now=datetime.now(UTC), run_id=run.pk)
    drive(run)

    assert (run.state, Migration.objects.get().status) == (RunState.CANCELLED, MigrationStatus.CANCELLED)
    assert not stamp(stage).exists()


@pytest.mark.parametrize(
    ("handlers", "code", "said"),
    [
        ((), "handler_missing", "is not installed here"),
        ((IncompatibleStamp,), "handler_incompatible", "installed is 3.0.0"),
    ],
)
def test_a_start_is_refused_where_no_fitting_version_is_installed(
    stage: Stage, handlers: tuple[Any, ...], code: str, said: str
) -> None:
    with let_in(Stamp):
        migration = planned(stage)
    with let_in(*handlers):
        with pytest.raises(Conflict) as refused:
            runs.execute_migration(actor=stage.operator, now=datetime.now(UTC), migration_id=migration.pk)
        check = start_check(migration, newest(migration), now=datetime.now(UTC))
        page = signed_in("operator").get(f"/migrations/{migration.pk}/").content.decode()

    assert (refused.value.reason, said in refused.value.message) == (code, True)
    (unmet,) = [row for row in check.unmet if row.code == code]
    assert "1.2.0" in unmet.fix
    assert said in page
    assert not Run.objects.exists()


def test_planning_anew_makes_the_plan_of_the_version_that_is_there(stage: Stage) -> None:
    with let_in(Stamp):
        migration = planned(stage)
    with let_in(IncompatibleStamp):
        planning.plan(actor=stage.operator, now=datetime.now(UTC), migration_id=migration.pk)
        assert newest(migration).content["handler_version"] == "3.0.0"
        assert start_check(migration, newest(migration), now=datetime.now(UTC)).ready


def test_what_a_removed_type_has_done_stays_readable(stage: Stage, cast: Cast) -> None:
    with let_in(Stamp):
        migration = planned(stage)
        planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)
        applied = drive_to_end(queued(newest(migration)))
        text = documents.export_yaml(actor=stage.operator, migration_id=migration.pk)
        later = migrations.create(actor=stage.operator, now=stage.now, draft=draft(stage, title="Stamp another"))
    reader, writer = signed_in("auditor"), signed_in("operator")
    pages = [
        "/",
        "/inbox/",
        "/migrations/",
        "/runs/",
        "/audit/",
        "/search/?q=stamp",
        "/calendar/",
        "/targets/",
        f"/targets/{stage.source_id}/",
        f"/environments/{stage.environment.pk}/",
        f"/migrations/{migration.pk}/",
        f"/migrations/{later}/",
        f"/migrations/{migration.pk}/revisions/1/2/",
        f"/runs/{applied.pk}/",
        f"/runs/{applied.pk}/report/",
    ]
    for path in pages:
        _readable(reader, path)
        if path != "/audit/":
            _readable(writer, path)
    for path in (
        f"/migrations/{migration.pk}",
        f"/migrations/{migration.pk}/status",
        f"/migrations/{migration.pk}/export",
        f"/runs/{applied.pk}",
        f"/runs/{applied.pk}/events",
        f"/runs/{applied.pk}/report",
        "/migrations",
        "/runs",
        "/audit",
        "/migration-types",
    ):
        _readable(writer if path != "/audit" else reader, f"/api/v1{path}")
    assert documents.export_yaml(actor=stage.operator, migration_id=migration.pk) == text
    for path in (f"/migrations/{later}/edit/", f"/migrations/{migration.pk}/promote/", "/migrations/new/"):
        assert writer.get(path).status_code in (200, 302, 404, 409), path
    with pytest.raises(InvalidInput) as refused:
        planning.plan(actor=stage.operator, now=datetime.now(UTC), migration_id=later)
    assert "stamp" in str(refused.value.problems)


def _readable(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer)


def test_every_type_can_be_asked_for_and_what_is_refused_is_said(stage: Stage) -> None:
    with let_in(Stamp):
        known = signed_in("viewer").get("/api/v1/migration-types").json()
        page = signed_in("viewer").get("/settings/").content.decode()
    (stamping,) = [row for row in known["types"] if row["handler"] == "stamp"]

    assert (stamping["version"], stamping["origin"]) == ("1.2.0", "a test")
    assert stamping["parameters"]["properties"]["copies"]["maximum"] == 9
    assert stamping["parameters"]["required"] == ["text"]
    assert stamping["roles"][0]["kinds"] == ["session_store"]
    assert "Stamping" in page
