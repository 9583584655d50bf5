"""A migration from wish to rollback, over the API, between real stores."""

import json
from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Environment, Migration, Run
from migrations_app.services.actor import Actor
from tests.api.door import browser, program, program_with
from tests.api.stage import SESSIONS, Stage, ran, stage
from tests.parallel import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

PLAN_FIELDS = {"steps", "rollback_plan", "estimated_duration", "risk_assessment", "validation_requirements"}


def test_a_plan_carries_the_original_fields_by_their_names(here: Stage) -> None:
    migration_id = here.migration()
    answer = here.operator.post(f"/migrations/{migration_id}/plan")
    assert answer.status == 200
    assert answer.body.keys() >= PLAN_FIELDS
    assert (answer.body["revision"], answer.body["changed"]) == (1, True)
    assert len(answer.body["digest"]) == 64

    again = here.operator.post(f"/migrations/{migration_id}/plan").body
    assert (again["digest"], again["changed"]) == (answer.body["digest"], False)


def test_from_wish_to_rollback(here: Stage) -> None:
    migration_id, digest = here.approved()
    run = ran(here.operator.post(f"/migrations/{migration_id}/execute", {"digest": digest}))
    assert run.state == RunState.SUCCEEDED

    status = here.operator.get(f"/migrations/{migration_id}/status").body
    assert status["status"] == "completed"
    detail = here.operator.get(f"/runs/{run.pk}").body
    assert detail["is_final"]
    assert {step["state"] for step in detail["steps"]} <= {"succeeded", "skipped"}
    assert detail["execution"]["status"] == "success"
    report = here.operator.get(f"/runs/{run.pk}/report").body
    assert report["content"]["plan"]["digest"] == digest

    undone = ran(here.operator.post(f"/migrations/{migration_id}/rollback"))
    assert (undone.kind, undone.undoes_id) == ("rollback", run.pk)
    assert undone.state == RunState.ROLLED_BACK
    assert here.operator.get(f"/migrations/{migration_id}").body["status"] == "rolled_back"


def test_a_dry_run_is_answered_with_where_to_watch_it(here: Stage) -> None:
    migration_id, _ = here.planned()
    started = here.operator.post(f"/migrations/{migration_id}/validate")
    assert started.status == 202
    assert started.body["url"].endswith(f"/runs/{started.body['run']}/")
    assert ran(started).state == RunState.SUCCEEDED


def test_a_start_names_every_condition_that_does_not_hold(
    tmp_path: Path, operator: Actor, admin: Actor, staging: Environment
) -> None:
    here = stage(tmp_path, operator, admin, staging)
    migration_id, _ = here.planned()
    answer = here.operator.post(f"/migrations/{migration_id}/execute")
    assert (answer.status, answer.code) == (409, "cannot_start")
    assert len(answer.body["problems"]) >= 2  # not approved, no dry run
    assert all(problem["message"] and problem["fix"] for problem in answer.body["problems"])
    assert not Run.objects.exists()


def test_an_old_digest_starts_nothing(here: Stage) -> None:
    migration_id, digest = here.approved()
    answer = here.operator.post(f"/migrations/{migration_id}/execute", {"digest": "0" * 64})
    assert answer.status == 409
    assert "another plan" in answer.body["detail"] or "plan" in answer.body["detail"]
    assert not Run.objects.filter(kind="apply").exists()
    assert ran(here.operator.post(f"/migrations/{migration_id}/execute", {"digest": digest})).state == "succeeded"


def test_executed_twice_at_once_starts_once(here: Stage) -> None:
    migration_id, digest = here.approved()
    token = here.operator.headers["Authorization"]

    def execute() -> int:
        door = program_with(token)
        return door.post(f"/migrations/{migration_id}/execute", {"digest": digest}).status

    assert sorted(at_once(execute, execute, execute), key=str) == [202, 409, 409]
    assert Run.objects.filter(kind="apply").count() == 1


def test_export_and_import_say_the_same(here: Stage) -> None:
    migration_id = here.migration(options={"batch_size": 17})
    exported = here.operator.get(f"/migrations/{migration_id}/export")
    assert exported.headers["Content-Type"].startswith("application/yaml")
    assert b"sessions-a" in exported.content

    imported = here.operator.send("post", "/migrations/import", exported.content)
    assert imported.status == 201, imported.content
    again = here.operator.get(f"/migrations/{imported.body['id']}/export")
    assert again.content == exported.content


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (b"apiVersion: [", "document"),
        (b"\xff\xfe\x00", "body"),
        (b"just text", ""),
        (b"", ""),
        (b"apiVersion: snakeweb/v9\nkind: Migration\n", "apiVersion"),
        (b"a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n", ""),
        (b"apiVersion: !!python/object/apply:os.system ['true']\n", "document"),
        (b"x: 1\nx: 2\n", "document"),
        (b"[" * 5_000, "document"),
        (b"apiVersion: snakeweb/v1\nkind: Migration\nmetadata: {title: t, environment: moon}\n"
         b"spec: {type: session_migration, targets: {source: sessions-a, target: sessions-b}}\n",
         "metadata.environment"),
        (b"apiVersion: snakeweb/v1\nkind: Migration\nmetadata: {title: t, environment: dev}\n"
         b"spec: {type: session_migration, targets: {source: nowhere}}\n", "spec.targets.source"),
        (b"apiVersion: snakeweb/v1\nkind: Migration\nmetadata: {title: t, environment: dev}\n"
         b"spec: {type: session_migration, targets: {source: sessions-a, target: sessions-b},"
         b" options: {batch_size: 0}}\n", "spec.options.batch_size"),
    ],
)  # fmt: skip
def test_a_bad_document_names_the_field_and_makes_nothing(here: Stage, document: bytes, field: str) -> None:
    answer = here.operator.send("post", "/migrations/import", document)
    assert answer.status in (400, 422), answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert all(problem["message"] for problem in answer.body["problems"])
    assert answer.body["fix"]
    if field:
        assert field in answer.fields
    assert not Migration.objects.exists()


def test_a_document_of_a_thousand_million_values_is_refused_at_once(here: Stage) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    head = "apiVersion: snakeweb/v1\nkind: Migration\nmetadata: {title: t, environment: dev}\n"
    document = "\n".join([*lines, head, "spec: {type: session_migration, parameters: {route: *a8}}"])
    answer = here.operator.send("post", "/migrations/import", document.encode())
    assert answer.status == 422
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"store": "sqlite", "path": "/nowhere/at/all.sqlite3"}, "targets.target"),
        ({"store": "redis", "host": "127.0.0.1", "port": 1}, "targets.target"),
    ],
)
def test_an_unreachable_target_is_named_and_no_plan_is_made(
    here: Stage, change: dict[str, object], problem: str
) -> None:
    page = here.admin.get(f"/targets/{here.sink}").body
    here.admin.patch(f"/targets/{here.sink}", {"version": page["version"], "config": change})
    migration_id = here.migration()
    answer = here.operator.post(f"/migrations/{migration_id}/plan")
    assert answer.status in (422, 424), answer.content
    assert problem in answer.fields
    assert here.operator.get(f"/migrations/{migration_id}").body["revision"] is None


def test_the_same_store_twice_is_refused(here: Stage) -> None:
    answer = here.operator.post("/migrations", here.wish(targets={"source": here.source, "target": here.source}))
    if answer.status == 201:
        answer = here.operator.post(f"/migrations/{answer.body['id']}/plan")
    assert answer.status == 422
    assert any(field.startswith("targets") for field in answer.fields)


def test_a_target_that_is_not_empty_is_refused(here: Stage) -> None:
    migration_id, digest = here.approved()
    ran(here.operator.post(f"/migrations/{migration_id}/execute", {"digest": digest}))
    second = here.migration()
    answer = here.operator.post(f"/migrations/{second}/plan")
    assert answer.status == 422
    assert str(SESSIONS) in json.dumps(answer.body) or "empty" in answer.body["detail"]


def test_a_viewer_may_look_and_not_touch(here: Stage, viewer: Actor) -> None:
    migration_id, _ = here.planned()
    door = program(viewer)
    assert door.get(f"/migrations/{migration_id}/status").status == 200
    for operation in ("plan", "validate", "execute", "rollback", "submit", "withdraw", "cancel", "clone"):
        answer = door.post(f"/migrations/{migration_id}/{operation}")
        assert (answer.status, answer.code) == (403, "permission_denied"), operation


def test_a_browser_session_starts_runs_too(here: Stage, operator: Actor) -> None:
    migration_id, _ = here.planned()
    assert browser(operator).post(f"/migrations/{migration_id}/validate").status == 202


def test_a_rehearsal_is_started_by_its_kind_and_asks_for_consent_where_it_is_protected(here: Stage) -> None:
    migration_id, digest = here.planned()
    Environment.objects.filter(migrations=migration_id).update(protected=True)
    address = f"/migrations/{migration_id}/validate"

    refused = here.operator.post(address, {"kind": "rehearsal", "digest": digest})
    assert refused.status == 409
    assert [problem["code"] for problem in refused.body["problems"]] == ["consent_missing"]
    assert here.operator.post(address, {"kind": "apply"}).status == 422

    started = here.operator.post(address, {"kind": "rehearsal", "digest": digest, "consent": True})
    assert started.status == 202
    assert Run.objects.get(pk=started.body["run"]).kind == "rehearsal"
