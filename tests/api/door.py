"""The API as a caller sees it: a program with a token, or a person's browser."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.services.permissions import Scope
from tests.cast import PASSWORD

EVERY_SCOPE = tuple(scope.value for scope in Scope)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json", self.content
        return str(self.body["code"])

    @property
    def fields(self) -> set[str]:
        return {problem["field"] for problem in self.body["problems"]}


@dataclass
class Door:
    client: Client
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> Answer:
        return self._answer(self.client.get(f"/api/v1{path}", query, headers=self.headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("post", path, b"" if body is None else json.dumps(body).encode(), **headers)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("patch", path, json.dumps(body).encode())

    def put(self, path: str, body: Any) -> Answer:
        return self.send("put", path, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        return self.send("delete", path, b"")

    def send(self, method: str, path: str, content: bytes, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = getattr(self.client, method)(
            f"/api/v1{path}", data=content, content_type="application/json", headers=self.headers | named
        )
        return self._answer(answer)

    def _answer(self, response: Any) -> Answer:
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return Answer(response.status_code, response.headers, content)


def program_with(authorization: str) -> Door:
    return Door(Client(enforce_csrf_checks=True), {"Authorization": authorization})


def program(actor: Actor, scopes: Sequence[str] = EVERY_SCOPE) -> Door:
    """With a bearer token of that person."""
    made = tokens.create(actor=actor, now=datetime.now(UTC), name="for a test", scopes=scopes)
    return Door(Client(enforce_csrf_checks=True), {"Authorization": f"Bearer {made.clear}"})


def browser(actor: Actor) -> Door:
    """Signed in on the login page a moment ago; sends the CSRF token as a page's script would."""
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        "/accounts/login/", {"login": actor.username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    )
    assert answer.status_code == 302, answer.content
    return Door(client, {"X-CSRFToken": client.cookies["csrftoken"].value})


def five_minutes_later(door: Door) -> None:
    """As if the person had shown that it is them 301 seconds ago."""
    session = door.client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
