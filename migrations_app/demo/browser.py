"""A person at a browser, without the browser: logs in by the login page and uses the API with that session.

Cookies, CSRF tokens and the recent password are handled as a browser would, so the demo walks through the same doors
as everybody else; a bearer token could not sign.
"""

from collections.abc import Mapping
from typing import Any, Self

import httpx

from migrations_app.demo.people import Login

TIMEOUT_SECONDS = 30.0


class DoorClosed(RuntimeError):
    """The application refused a request of the demo; the message is the application's own."""


class Browser:
    """One person's session. Raises DoorClosed on every answer of 400 and above."""

    def __init__(self, base_url: str, login: Login) -> None:
        self.login = login
        self._client = httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        page = self._client.get("/accounts/login/")
        refuse_errors(page)
        answer = self._client.post(
            "/accounts/login/",
            data={
                "login": self.login.username,
                "password": self.login.password,
                "csrfmiddlewaretoken": self._csrf_token(),
            },
            headers={"Referer": str(page.url)},
        )
        if answer.status_code != 302:
            raise DoorClosed(f"{self.login.username} could not log in (status {answer.status_code}).")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self._client.get(f"/api/v1{path}", params=query))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"X-CSRFToken": self._csrf_token(), "Referer": str(self._client.base_url)}
        return self._answer(self._client.post(f"/api/v1{path}", json=body or {}, headers=headers))

    def _csrf_token(self) -> str:
        return self._client.cookies.get("csrftoken") or ""

    def _answer(self, response: httpx.Response) -> Any:
        refuse_errors(response)
        return response.json() if response.content else None


def refuse_errors(response: httpx.Response) -> None:
    if response.status_code < 400:
        return
    try:
        problem = response.json()
        said = "; ".join(
            str(part) for part in (problem.get("title"), problem.get("detail"), problem.get("errors")) if part
        )
    except ValueError:
        said = response.text[:500]
    raise DoorClosed(f"{response.request.method} {response.request.url.path}: {response.status_code} {said}")
