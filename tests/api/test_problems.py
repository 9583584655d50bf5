"""Bad input of every kind: a clear problem that names field and fix, and nothing done."""

import json

import pytest

from migrations_app.models import AuditEntry, Migration
from migrations_app.services.actor import Actor
from tests.api.door import Answer, program
from tests.api.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

MEMBERS = {"type", "title", "status", "code", "detail", "fix", "problems", "details", "instance", "request_id"}


def assert_clear(answer: Answer) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body.keys() >= MEMBERS
    assert answer.body["status"] == answer.status
    assert answer.body["detail"]
    assert answer.body["fix"]
    assert answer.headers["X-Request-ID"] == answer.body["request_id"] != ""
    assert "Traceback" not in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x" * 1_000_000}, "title"),
        ({"title": 7}, "title"),
        ({"title": "a\x00b"}, "body"),
        ({"title": "a\x07b"}, "title"),
        ({"title": None}, "title"),
        ({"targets": {}}, "targets.source"),
        ({"targets": {"source": 999_999}}, "targets.source"),
        ({"targets": {"source": -1}}, "targets.source"),
        ({"targets": {"source": 2**70}}, "targets.source"),
        ({"targets": {"source": "sessions-a"}}, "targets.source"),
        ({"targets": {"moon": 1}}, "targets.moon"),
        ({"targets": []}, "targets"),
        ({"options": {"batch_size": 0}}, "options.batch_size"),
        ({"options": {"batch_size": 10**9}}, "options.batch_size"),
        ({"options": {"batch_size": 1.5}}, "options.batch_size"),
        ({"options": {"batch_sise": 10}}, "options.batch_sise"),
        ({"options": {"timeout": -1}}, "options.timeout"),
        ({"options": {"backup_enabled": False}}, "options.backup_enabled"),
        ({"options": {"validation_level": "basic"}}, "options.validation_level"),
        ({"options": {"validation_level": "maximal"}}, "options.validation_level"),
        ({"parameters": {"nonsense": 1}}, "parameters.nonsense"),
        ({"parameters": {"catch_up_passes": []}}, "parameters.catch_up_passes"),
        ({"type": "moon_migration"}, "type"),
        ({"handler": "nothing"}, "handler"),
        ({"description": "x" * 10_001}, "description"),
        ({"environment_id": "dev"}, "environment_id"),
        ({"environment_id": 2**80}, "environment"),
        ({"titel": "Move"}, "titel"),
    ],
)
def test_a_bad_field_is_named_with_its_fix_and_nothing_is_made(
    here: Stage, change: dict[str, object], field: str
) -> None:
    wish = here.wish()
    for name, value in change.items():
        wish[name] = wish[name] | value if isinstance(value, dict) and value else value  # type: ignore[operator]
    answer = here.operator.post("/migrations", wish)
    assert answer.status in (400, 422), answer.content
    assert_clear(answer)
    assert field in answer.fields
    assert all(problem["message"] and problem["fix"] for problem in answer.body["problems"]), answer.body
    assert not Migration.objects.exists()
    assert len(answer.content) < 5_000


def test_an_environment_that_is_not_there_is_not_found_as_a_hidden_one_is(here: Stage) -> None:
    answer = here.operator.post("/migrations", here.wish() | {"environment_id": 999_999})
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert "environment" in answer.body["detail"]
    assert not Migration.objects.exists()


def test_every_problem_comes_at_once(here: Stage) -> None:
    answer = here.operator.post(
        "/migrations",
        here.wish(title="", options={"batch_size": 0, "timeout": 0}, targets={"source": 10**6, "target": 10**6}),
    )
    assert answer.fields >= {"title", "options.batch_size", "options.timeout", "targets.source", "targets.target"}


def test_a_title_of_ten_megabytes_is_not_even_read(here: Stage) -> None:
    answer = here.operator.post("/migrations", here.wish(title="x" * 10_000_000))
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert_clear(answer)
    assert not Migration.objects.exists()


@pytest.mark.parametrize("body", [b'{"title": "Mo', b"[]", b"null", b"\xff\xfe", b"title=Move", b"[" * 100_000, b""])
def test_what_is_no_json_object_is_said_so(here: Stage, body: bytes) -> None:
    answer = here.operator.send("post", "/migrations", body)
    assert answer.status in (400, 422)
    assert_clear(answer)
    assert not Migration.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/migrations/999999", "/migrations/0", "/migrations/99999999999999999999", "/runs/x", "/runs/7"],
)
def test_what_is_not_there_is_a_problem_too(operator: Actor, path: str) -> None:
    answer = program(operator).get(path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert_clear(answer)


def test_a_method_that_is_not_known_names_those_that_are(operator: Actor) -> None:
    answer = program(operator).delete("/migrations")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}
    assert_clear(answer)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 10**6}, "limit"),
        ({"limit": "all"}, "limit"),
    ],
)
def test_a_bad_page_is_named(operator: Actor, query: dict[str, object], field: str) -> None:
    answer = program(operator).get("/migrations", **query)
    assert answer.status == 422
    assert_clear(answer)
    assert answer.fields == {field}


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 40, "\x00", "1 OR 1=1", "é"])
def test_a_cursor_that_is_not_ours_is_refused(operator: Actor, cursor: str) -> None:
    answer = program(operator).get("/migrations", cursor=cursor)
    assert (answer.status, answer.fields) == (422, {"cursor"})


@pytest.mark.parametrize("path", ["/migrations", "/runs", "/targets"])
def test_odd_filters_break_nothing(operator: Actor, path: str) -> None:
    door = program(operator)
    for value in ("\x00", "%", "'", "x" * 5_000, "\ud7ff"):
        answer = door.get(path, q=value, environment=value, state=value, status=value, kind=value)
        assert answer.status in (200, 422), (value, answer.content)


def test_a_stale_edit_says_which_version_there_is(here: Stage) -> None:
    migration_id = here.migration()
    assert here.operator.patch(f"/migrations/{migration_id}", {"version": 1, "title": "Other"}).status == 200
    answer = here.operator.patch(f"/migrations/{migration_id}", {"version": 1, "title": "Third"})
    assert (answer.status, answer.code) == (412, "stale_edit")
    assert answer.body["details"] == {"version": 2}
    assert_clear(answer)
    assert here.operator.get(f"/migrations/{migration_id}").body["title"] == "Other"


def test_a_refusal_is_in_the_audit_trail_under_its_request_id(here: Stage, viewer: Actor) -> None:
    answer = program(viewer).post("/migrations", here.wish())
    assert answer.code == "permission_denied"
    assert_clear(answer)
    entry = AuditEntry.objects.get(request_id=answer.body["request_id"])
    assert (entry.actor, entry.action, entry.outcome) == ("viewer", "migration.create", "denied")
    assert json.loads(bytes(entry.body))["token"].startswith("swk_")


def test_a_request_id_of_the_caller_is_taken_over(operator: Actor) -> None:
    door = program(operator)
    door.headers["X-Request-ID"] = "ci-4711"
    assert door.get("/runs").headers["X-Request-ID"] == "ci-4711"
    door.headers["X-Request-ID"] = "two\tlines " * 20
    assert "lines" not in door.get("/runs").headers["X-Request-ID"]
