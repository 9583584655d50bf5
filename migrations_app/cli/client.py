"""The API as the console script sees it: one call, one answer, or a CommandFailed that says what to do."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import httpx

from migrations_app.cli.answers import document_of, failure_of, text_of
from migrations_app.cli.exits import CommandFailed, Exit

PATIENCE = 30.0  # seconds for one answer
LOOKS_AT_TARGETS = 120.0  # planning and probing wait for other servers
AGENT = "snakeweb-cli"
SILENCE = 30.0  # seconds without a line of a stream, which speaks at least every ten
AGAIN = 0.5  # seconds; after an answer that was lost: whoever was to give it may be starting anew
AGAIN_FOR = 30.0  # seconds
_IN_PROGRESS = "request_in_progress"  # also of one whose server died on the way, which nobody will answer
_LOST = (httpx.ReadError, httpx.RemoteProtocolError)  # it may have been carried out
_PERHAPS_DONE = (
    "The first answer was lost, so it may have been carried out or not. Look before you ask again: `snakeweb status`, "
    "`snakeweb status MIGRATION` and `snakeweb targets list` show what there is and what runs. A key that you gave "
    "(--key) gives the first answer, or stays taken for a day; if nothing was done, use a new one."
)
YAML = "application/yaml"
NDJSON = "application/x-ndjson"


def calling(base: str, headers: Mapping[str, str]) -> httpx.Client:
    """What both, programs and people who sign in, call with. Raises CommandFailed (USAGE)."""
    try:
        return httpx.Client(base_url=base, headers={**headers, "User-Agent": AGENT}, timeout=PATIENCE)
    except ImportError as error:
        reason = "the proxy of the environment is a SOCKS one, which takes `pip install httpx[socks]`"
        raise CommandFailed(Exit.USAGE, f"Nothing was asked: {reason}. NO_PROXY names who needs none.") from error
    except (ValueError, OSError, httpx.InvalidURL) as error:
        where = f"{base}, or a proxy or a certificate file that the environment names, cannot be used"
        raise CommandFailed(Exit.USAGE, f"Nothing was asked: {where}: {error}.") from error


class NotStreamed(CommandFailed):
    """There is no stream, or something on the way holds it back: ask, instead of being told."""


class Client:
    """`base` is where Snakeweb is served, such as https://snakeweb.example.

    Every method raises CommandFailed: UNREACHABLE without an answer, and for a refusal as `answers.failure_of` says.
    """

    def __init__(self, base: str, token: str) -> None:
        self.base = base.rstrip("/")
        self.token = token
        self._http = calling(f"{self.base}/api/v1", {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return document_of(self._sent("GET", path, params=query), self.base)

    def text(self, path: str) -> str:
        return text_of(self._sent("GET", path, headers={"Accept": YAML}), self.base)

    def everything(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page."""
        cursor = ""
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def lines(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The objects of a stream as they come. Raises CommandFailed also where it breaks off, and NotStreamed."""
        accept = {"Accept": f"{NDJSON}, application/json"}
        patience = httpx.Timeout(PATIENCE, read=SILENCE)
        try:
            with self._http.stream("GET", path, headers=accept, params=query, timeout=patience) as response:
                if not response.is_success:
                    response.read()
                    raise failure_of(response, self.base)
                if not response.headers.get("Content-Type", "").startswith(NDJSON):
                    raise NotStreamed(Exit.UNREACHABLE, f"{self.base} does not stream.")
                for line in response.iter_lines():
                    yield json.loads(line)
        except httpx.ReadTimeout as error:
            raise NotStreamed(Exit.UNREACHABLE, f"Nothing comes through from {self.base} while it waits.") from error
        except (httpx.HTTPError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(Exit.UNREACHABLE, f"The answer of {self.base} broke off: {reason}.") from error

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> dict[str, Any]:
        """With an Idempotency-Key, so that repeats after a lost answer do nothing twice."""
        return self._posted(path, {"json": dict(body or {})}, key)

    def post_yaml(self, path: str, text: str, *, key: str = "", **query: Any) -> dict[str, Any]:
        asked = {"content": text.encode(), "headers": {"Content-Type": YAML}, "params": query}
        return self._posted(path, asked, key)

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return document_of(self._sent("PATCH", path, json=dict(body)), self.base)

    def delete(self, path: str) -> None:
        self._sent("DELETE", path)

    def download(self, path: str, file: BinaryIO, **query: Any) -> int:
        """Write the answer's bytes as they come; returns how many."""
        size = 0
        try:
            with self._http.stream("GET", path, params=query) as response:
                if not response.is_success:
                    response.read()
                    raise failure_of(response, self.base)
                for part in response.iter_bytes():
                    size += file.write(part)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(
                Exit.UNREACHABLE, f"Snakeweb at {self.base} did not send all of it: {reason}. Try again."
            ) from error
        return size

    def _posted(self, path: str, asked: Mapping[str, Any], key: str) -> dict[str, Any]:
        headers = {**asked.get("headers", {}), "Idempotency-Key": key or str(uuid.uuid4())}
        sent = {**asked, "headers": headers, "timeout": httpx.Timeout(PATIENCE, read=LOOKS_AT_TARGETS)}
        until = None
        while True:
            try:
                return document_of(self._sent("POST", path, **sent), self.base)
            except CommandFailed as failed:
                until = until or (time.monotonic() + AGAIN_FOR if isinstance(failed.__cause__, _LOST) else None)
                if until is None or (failed.status is not Exit.UNREACHABLE and failed.code != _IN_PROGRESS):
                    raise
                if time.monotonic() >= until:
                    raise CommandFailed(Exit.UNREACHABLE, f"{failed}\n{_PERHAPS_DONE}", code=failed.code) from failed
                time.sleep(AGAIN)

    def _sent(self, method: str, path: str, **asked: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **asked)
        except httpx.InvalidURL as error:
            raise CommandFailed(Exit.USAGE, f"{self.base} is not an address: {error}.") from error
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise CommandFailed(
                Exit.UNREACHABLE, f"Snakeweb does not answer at {self.base}: {reason}. Check --url or SNAKEWEB_URL."
            ) from error
        if response.is_success:
            return response
        raise failure_of(response, self.base)


@contextmanager
def connected(base: str, token: str) -> Iterator[Client]:
    client = Client(base, token)
    try:
        yield client
    finally:
        client.close()
