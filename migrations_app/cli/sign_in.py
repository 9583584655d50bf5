"""A person at a terminal: signs in by the same door as with a browser, does one thing, and signs out.

A token never signs. What is done here is done by a session of the person, after their password and, where they have
one, their second factor, with every limit, lock and entry in the audit trail that the sign-in page has. The session's
cookies stay in this process, and the session is ended when the command is.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from migrations_app.cli.answers import document_of, failure_of
from migrations_app.cli.client import calling
from migrations_app.cli.exits import CommandFailed, Exit

LOGIN, LOGOUT = "/accounts/login/", "/accounts/logout/"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_IN_A_BROWSER = "Sign in with a browser to see why."


@dataclass(frozen=True, slots=True)
class Proof:
    """Who signs in and with what. `code` is asked for only where the person has a second factor."""

    username: str
    password: Callable[[], str]
    code: Callable[[], str]


class Session:
    """A signed-in person at the API. Every method raises CommandFailed as the client's do."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._http = calling(self.base, {})

    def sign_in(self, proof: Proof) -> None:
        """Raises CommandFailed: SIGN_IN when what was given is not right, with what the sign-in page says."""
        if urlsplit(self.base).scheme != "https" and urlsplit(self.base).hostname not in _LOOPBACK:
            raise CommandFailed(
                Exit.USAGE, f"{self.base} is not https: a password is not sent where others can read it. Check --url."
            )
        self._sent("GET", LOGIN)
        answer = self._form(LOGIN, {"login": proof.username, "password": proof.password()})
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise CommandFailed(Exit.SIGN_IN, f"{_errors_of(answer)} Nobody is signed in.")
        step = _location(answer)
        if not self._is_in() and step != LOGIN:
            self._form(step, {"code": proof.code()})
        if not self._is_in():
            raise CommandFailed(
                Exit.SIGN_IN,
                f"The second factor of {proof.username} was not accepted; nobody is signed in. After five wrong tries "
                f"none is looked at for 15 minutes; a security key works in a browser only. {_IN_A_BROWSER}",
            )

    def sign_out(self) -> None:
        with contextlib.suppress(CommandFailed):  # the session then ends by its age, and is under Settings, Sessions
            self._form(LOGOUT, {})
        self._http.close()

    def get(self, path: str) -> dict[str, Any]:
        return document_of(self._good(self._sent("GET", f"/api/v1{path}")), self.base)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._sent("POST", f"/api/v1{path}", json=dict(body), headers=self._ours())
        return document_of(self._good(answer), self.base)

    def _is_in(self) -> bool:
        return self._sent("GET", "/api/v1/sessions").is_success

    def _form(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """As the page's own script would send it: allauth answers those with JSON where it can."""
        answer = self._sent(
            "POST", path, data=dict(fields), headers={**self._ours(), "X-Requested-With": "XMLHttpRequest"}
        )
        if answer.is_error and answer.status_code != httpx.codes.BAD_REQUEST:
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                seconds = answer.headers.get("Retry-After", "60")
                raise CommandFailed(
                    Exit.SIGN_IN, f"Too many tries to sign in; nothing was looked at. Try again in {seconds} s."
                )
            raise failure_of(answer, self.base)
        return answer

    def _ours(self) -> dict[str, str]:
        return {"X-CSRFToken": self._http.cookies.get("csrftoken") or "", "Referer": f"{self.base}/"}

    def _good(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise failure_of(answer, self.base)

    def _sent(self, method: str, path: str, **asked: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **asked)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(Exit.UNREACHABLE, f"Snakeweb does not answer at {self.base}: {reason}.") from error


@contextmanager
def signed_in(base: str, proof: Proof) -> Iterator[Session]:
    session = Session(base)
    try:
        session.sign_in(proof)
        yield session
    finally:
        session.sign_out()


def _location(answer: httpx.Response) -> str:
    """Where the sign-in goes on, on this server whatever the answer says; its own page where it says nothing."""
    try:
        named = str(answer.json()["location"])
    except (ValueError, KeyError, TypeError):
        named = str(answer.headers.get("Location", LOGIN))
    return urlsplit(named).path or LOGIN


def _errors_of(answer: httpx.Response) -> str:
    try:
        form = answer.json()["form"]
        errors = [*form["errors"], *(error for each in form["fields"].values() for error in each["errors"])]
    except (ValueError, KeyError, TypeError):
        errors = []
    return " ".join(map(str, errors)) or f"The sign-in was not accepted. {_IN_A_BROWSER}"
