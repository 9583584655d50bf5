"""People at their browsers, and a page that watches a run, all through the proxy in front."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from tests.deployment.proxy import Proxy
from tests.parallel import wait_for

PATIENCE_SECONDS = 60.0


def trust(front: Proxy) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(front.authority))


@dataclass
class Visitor:
    """One person's browser session: signs in once, and never again."""

    front: Proxy
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=self.front.url, verify=trust(self.front), timeout=PATIENCE_SECONDS, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def sign_in(self, name: str, password: str) -> Self:
        self.client.get("/accounts/login/")
        answer = self.form("/accounts/login/", login=name, password=password)
        assert answer.status_code == 302, answer.text[:2000]
        return self

    def accept(self, link: str, name: str, password: str) -> Self:
        """An invitation, and sign in."""
        page = self.client.get(link, follow_redirects=True)
        answer = self.form(page.url.path, username=name, full_name=name.title(), password=password, again=password)
        assert answer.status_code == 302, answer.text[:2000]
        self.client.cookies.clear()
        return self.sign_in(name, password)

    def form(self, path: str, **values: str) -> httpx.Response:
        return self.client.post(path, data=values, headers=self._proof(path))

    def get(self, path: str, **query: Any) -> Any:
        return self._said(self.client.get(f"/api/v1{path}", params=query))

    def post(self, path: str, **body: Any) -> Any:
        return self._said(self.client.post(f"/api/v1{path}", json=body, headers=self._proof(path)))

    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self.client.cookies.jar)

    def _proof(self, path: str) -> dict[str, str]:
        return {"X-CSRFToken": self.client.cookies.get("csrftoken") or "", "Referer": f"{self.front.url}{path}"}

    def _said(self, answer: httpx.Response) -> Any:
        assert answer.status_code < 400, (
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:3000]}"
        )
        return answer.json() if answer.content else None


@dataclass
class Busy:
    """Looks at pages and the API all the time, with one session. `problems` has every answer that is none."""

    visitor: Visitor
    paths: tuple[str, ...]
    answers: int = 0
    problems: list[str] = field(default_factory=list)

    def look(self, leave: threading.Event) -> None:
        while not leave.is_set():
            for path in self.paths:
                try:
                    answer = self.visitor.client.get(path)
                except httpx.HTTPError as error:
                    self.problems.append(f"{path}: {error!r}")
                else:
                    self.answers += answer.status_code == 200
                    self.problems += [f"{path}: {answer.status_code}"] if answer.status_code != 200 else []


@dataclass
class Page:
    """What a run's page does: watches by the socket, and comes back with the last number that it has seen."""

    visitor: Visitor
    run: int
    seqs: list[int] = field(default_factory=list)
    connections: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """The newest; what comes again is dropped, as the page drops it."""
        return self.seqs[-1] if self.seqs else 0

    def watch(self, leave: threading.Event) -> None:
        front = self.visitor.front
        while not leave.is_set():
            try:
                with connect(
                    f"wss://localhost:{front.port}/ws/live/",
                    ssl=trust(front),
                    origin=front.url,  # type: ignore[arg-type]
                    additional_headers={"Cookie": self.visitor.cookie()},
                    proxy=None,
                    open_timeout=PATIENCE_SECONDS,
                ) as socket:
                    self.connections += 1
                    socket.send(json.dumps({"op": "subscribe", "run": self.run, "after": self.seen}))
                    self._hear(socket, leave)
            except (ConnectionClosed, InvalidHandshake, EOFError, OSError):
                leave.wait(0.2)  # a process that has just begun may be too slow for it; pages try again as well

    def _hear(self, socket: Any, leave: threading.Event) -> None:
        while not leave.is_set():
            try:
                message = json.loads(socket.recv(timeout=0.5))
            except TimeoutError:
                continue
            for event in message.get("events", ()):
                if event["seq"] > self.seen:
                    self.seqs.append(event["seq"])
            if message["kind"] in ("closed", "refused"):
                self.refused.append(message["text"])

    def wait_until(self, seq: int) -> None:
        seen = f"the page, which has connected {self.connections} times, to see event {seq}"
        wait_for(lambda: self.seen >= seq, PATIENCE_SECONDS, seen)


@contextmanager
def all_the_time(*works: Any) -> Iterator[None]:
    """Each of them called in a thread of its own with the event that ends it."""
    leave = threading.Event()
    threads = [threading.Thread(target=work, args=[leave], name=str(work)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        leave.set()
        for thread in threads:
            thread.join()
