"""A control plane as clients see it: the route's two endpoints over HTTP, on a port of its own."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.record import to_document
from migrations_app.testing.memory import MemoryRoutes

ROUTE = "sessions"
TOKEN = "a token with scope route"
STORES = {"a": "old", "b": "new"}
POLL_SECONDS = 0.5


class ControlPlane:
    """`leases` maps client id to what it reported last; `broken` and `raw` make it misbehave, in what it says and in
    how. `ahead_seconds` is what its clock is ahead of ours, None when it does not tell whether a hand-off is over."""

    def __init__(self) -> None:
        self.routes = MemoryRoutes()
        self.leases: dict[str, dict[str, Any]] = {}
        self.requests = 0
        self.broken: bytes | None = None
        self.raw: bytes | None = None
        self.raw_answers: Counter[str] = Counter()
        self.ahead_seconds: float | None = 0.0
        self.changed = threading.Condition()
        self.answers_leases = False
        self.url = ""
        self.publish(RoutePhase.PLAIN_A, "a")

    def publish(self, phase: RoutePhase, authority: str, **values: Any) -> RouteRecord:
        with self.changed:
            known = self.routes.get(ROUTE)
            epoch = known.epoch if known else 0
            record = self.routes.publish(
                RouteRecord(ROUTE, epoch + 1, phase, authority, STORES, **values), expected_epoch=epoch or None
            )
            self.changed.notify_all()
            return record

    def document(self) -> bytes:
        now = None if self.ahead_seconds is None else datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)
        return json.dumps(to_document(self.record, now)).encode()

    @property
    def record(self) -> RouteRecord:
        record = self.routes.get(ROUTE)
        assert record is not None
        return record

    def wait_for_lease(self, **wanted: Any) -> bool:
        with self.changed:
            return self.changed.wait_for(
                lambda: any(wanted.items() <= lease.items() for lease in self.leases.values()), 10
            )

    @contextmanager
    def serving(self, port: int = 0) -> Iterator["ControlPlane"]:
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                plane.requests += 1
                after = int(parse_qs(urlsplit(self.path).query).get("after", ["0"])[0])
                with plane.changed:
                    plane.changed.wait_for(lambda: plane.record.epoch > after, POLL_SECONDS)
                self._answer(plane.broken or plane.document())

            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with plane.changed:
                    plane.leases[self.path.rsplit("/", 1)[1]] = body
                    plane.changed.notify_all()
                self._answer(plane.document() if plane.answers_leases else b"")

            def _answer(self, content: bytes) -> None:
                if plane.raw is not None:
                    plane.raw_answers[self.command] += 1
                    self.wfile.write(plane.raw)
                    return
                allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
                self.send_response(200 if allowed else 401)
                self.end_headers()
                self.wfile.write(content if allowed else b"{}")

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        return Handler
