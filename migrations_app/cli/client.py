"""The API as the console script sees it: one call, one answer, or a CommandFailed that says what to do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import httpx

from migrations_app.cli.exits import CommandFailed, Exit

PATIENCE = 30.0  # seconds for one answer


class Client:
    """`base` is where Snakeweb is served, such as https://snakeweb.example."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self.base}/api/v1",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=PATIENCE,
            follow_redirects=False,
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Raises CommandFailed: UNREACHABLE without an answer, REFUSED with a problem."""
        try:
            response = self._http.get(path, params=query)
        except httpx.InvalidURL as error:
            raise CommandFailed(Exit.USAGE, f"{self.base} is not an address: {error}.") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(
                Exit.UNREACHABLE, f"Snakeweb does not answer at {self.base}: {reason}. Check --url or SNAKEWEB_URL."
            ) from error
        if response.is_success:
            return _document(response, self.base)
        raise _failure(response, self.base)

    def download(self, path: str, file: BinaryIO, **query: Any) -> int:
        """Write the answer's bytes as they come; returns how many. Raises as `get`."""
        size = 0
        try:
            with self._http.stream("GET", path, params=query) as response:
                if not response.is_success:
                    response.read()
                    raise _failure(response, self.base)
                for part in response.iter_bytes():
                    size += file.write(part)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(
                Exit.UNREACHABLE, f"Snakeweb at {self.base} did not send all of it: {reason}. Try again."
            ) from error
        return size


@contextmanager
def connected(base: str, token: str) -> Iterator[Client]:
    client = Client(base, token)
    try:
        yield client
    finally:
        client.close()


def _document(response: httpx.Response, base: str) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError as error:
        raise CommandFailed(Exit.UNREACHABLE, f"{base} answers, but not like Snakeweb. Check --url.") from error
    if not isinstance(document, dict):
        raise CommandFailed(Exit.UNREACHABLE, f"{base} answers, but not like Snakeweb. Check --url.")
    return document


def _failure(response: httpx.Response, base: str) -> CommandFailed:
    try:
        problem: Mapping[str, Any] = response.json()
        detail, fix = str(problem["detail"]), str(problem.get("fix", ""))
    except (ValueError, KeyError, TypeError):
        detail, fix = f"{base} answered {response.status_code} {response.reason_phrase}.", ""
    gone = response.status_code in {502, 503, 504}
    return CommandFailed(Exit.UNREACHABLE if gone else Exit.REFUSED, f"{detail} {fix}".strip())
