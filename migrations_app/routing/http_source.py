"""Following a route over HTTP: a long poll for the record, and a lease that tells which record is wholly applied.

Standard library only, so that a user's own service needs nothing else. One daemon thread per source, started by
`start()`; when the control plane is silent the last record stays in force and the thread keeps asking.
"""

import json
import logging
import os
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self

from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.record import from_document
from migrations_app.routing.sources import RouteSource

LOG = logging.getLogger(__name__)
RENEW_SECONDS = 3.0  # a lease lasts ten (PROTOCOL 5.4)
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 2.0
BUILD = "snakeweb-routing/1"


class HttpRouteSource(RouteSource):
    """`url` is the control plane's root (`https://snakeweb.example`), `token` a bearer token with scope `route`.

    `counters` is asked at each renewal for what the lease reports (operations, errors...).
    """

    def __init__(
        self,
        url: str,
        name: str,
        token: str,
        *,
        client_id: str = "",
        timeout_seconds: float = 10.0,
        counters: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        super().__init__(name)
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"the control plane's address must begin with http:// or https://, not {parts.scheme!r}")
        self._root = f"{url.rstrip('/')}/api/v1/routes/{urllib.parse.quote(name, safe='')}"
        self._token = token
        self._timeout = timeout_seconds
        self._counters = counters
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self.client_id = client_id or f"{socket.gethostname()}-{os.getpid()}"
        self.boot_id = uuid.uuid4().hex

    def start(self) -> Self:
        """Begin to follow the route. Raises DependencyUnavailable when the first record does not arrive."""
        self.current()
        self._renew()
        for run, name in ((self._follow, "route-follower"), (self._keep_lease, "route-lease")):
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def close(self) -> None:
        """Stop following; a long poll under way ends with its own timeout, nobody waits for it."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def refresh(self) -> bool:
        return self._fetch("")

    def offer(self, record: RouteRecord) -> bool:
        changed = super().offer(record)
        if changed:
            LOG.info("route %s: epoch %s, %s, authority %s", record.name, record.epoch, record.phase, record.authority)
        return changed

    def _follow(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while not self._ending.is_set():
            record = self._record
            if self._fetch(f"?after={record.epoch if record else 0}"):
                delay = FIRST_DELAY_SECONDS
                # An answer without news that came at once means that this control plane does not hold the poll.
                if self._record is record:
                    self._ending.wait(FIRST_DELAY_SECONDS)
            else:
                self._ending.wait(delay)
                delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    def _keep_lease(self) -> None:
        reported = self.acknowledged()
        while not self._ending.is_set():
            self._wait_for_more_than(reported)
            if not self._ending.is_set():
                reported = self._renew()

    def _wait_for_more_than(self, reported: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ending.is_set() or self.acknowledged() > reported, RENEW_SECONDS)

    def _renew(self) -> int:
        """Report what is applied; returns the reported epoch. Silence of the control plane is no error here."""
        acknowledged = self.acknowledged()
        body = {
            "boot_id": self.boot_id,
            "acked_epoch": acknowledged,
            "build": BUILD,
            "counters": dict(self._counters()),
            "max_acked_seq": 0,
        }
        self._request(f"/leases/{urllib.parse.quote(self.client_id, safe='')}", body)
        return acknowledged

    def _fetch(self, query: str) -> bool:
        document = self._request(query)
        if document is None:
            return False
        try:
            self.offer(from_document(document, self.name))
        except (KeyError, ValueError, TypeError) as error:
            LOG.warning("route %s: the record could not be understood (%s); the last one stays", self.name, error)
            return False
        return True

    def _request(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer ({} for an empty one), None when there was none."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked when the source was made
            self._root + path,
            data=json.dumps(body).encode() if body is not None else None,
            method="PUT" if body is not None else "GET",
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                content = answer.read()
            return json.loads(content) if content else {}
        except (urllib.error.URLError, OSError, ValueError) as error:
            LOG.info("route %s: no answer (%s); the last record stays in force", self.name, error)
            return None
