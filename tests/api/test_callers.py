"""Who may come in: tokens, browser sessions, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from migrations_app.models import ApiToken, Person
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from tests.api.door import Door, browser, program

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def test_somebody_unknown_is_told_how_to_come_in(cast: object) -> None:
    answer = Door(Client()).get("/migrations")
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "settings page" in answer.body["fix"]


@pytest.mark.parametrize(
    "header", ["Bearer swk_00000000_nothing", "Bearer", "Basic YTpi", "Bearer \x01", "swk_00000000_nothing"]
)
def test_a_bad_token_is_refused_even_beside_a_good_session(operator: Actor, header: str) -> None:
    door = browser(operator)
    door.headers["Authorization"] = header
    answer = door.get("/migrations")
    assert (answer.status, answer.code) == (401, "not_authenticated")


def test_a_revoked_an_expired_and_an_inactive_token_are_refused(operator: Actor, people: dict[str, Person]) -> None:
    now = datetime.now(UTC)
    revoked, expired, inactive = (program(operator), program(operator), program(operator))
    rows = list(ApiToken.objects.order_by("pk"))
    tokens.revoke(actor=operator, now=now, token_id=rows[0].pk)
    ApiToken.objects.filter(pk=rows[1].pk).update(expires_at=now - timedelta(seconds=1))
    assert revoked.get("/runs").status == expired.get("/runs").status == 401
    assert inactive.get("/runs").status == 200
    Person.objects.filter(pk=people["operator"].pk).update(is_active=False)
    assert inactive.get("/runs").status == 401


def test_a_browser_session_reads_and_with_the_csrf_token_writes(admin: Actor) -> None:
    door = browser(admin)
    assert door.get("/environments").status == 200
    assert door.post("/environments", {"name": "lab"}).status == 201


def test_a_session_without_the_csrf_token_cannot_write(admin: Actor) -> None:
    door = browser(admin)
    del door.headers["X-CSRFToken"]
    answer = door.post("/environments", {"name": "lab"})
    assert (answer.status, answer.code) == (403, "csrf_failed")
    assert "X-CSRFToken" in answer.body["fix"]
    assert door.get("/environments").body["total"] == 3


def test_a_token_needs_no_csrf_token(admin: Actor) -> None:
    assert program(admin).post("/environments", {"name": "lab"}).status == 201


def test_a_token_does_no_more_than_its_scopes(admin: Actor) -> None:
    answer = program(admin, ["read"]).post("/environments", {"name": "lab"})
    assert (answer.status, answer.code) == (403, "permission_denied")
    assert "scope" in answer.body["detail"]


def test_what_one_may_not_see_is_not_there(outsider: Actor, dev: object) -> None:
    door = program(outsider)
    assert door.get("/environments").body["items"] == []
    assert door.get(f"/environments/{dev.pk}").status == 404  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["/migrations", "/migrations/import"])
def test_a_form_is_refused_by_its_media_type(operator: Actor, form: str, path: str) -> None:
    door = browser(operator)
    content = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na\r\n--x--\r\n'
    for headers in (door.headers, {}):
        response = door.client.post(f"/api/v1{path}", data=content, content_type=form, headers=headers)
        assert response.status_code == 415
        assert response.json()["code"] == "unsupported_media_type"
        assert "application/json" in response.json()["fix"]


def test_a_form_with_a_token_is_no_fault_of_the_server(operator: Actor) -> None:
    door = program(operator)
    response = door.client.post("/api/v1/migrations", data={"title": "a"}, headers=door.headers)
    assert response.status_code == 400
    assert response.json()["code"] == "malformed_json"
