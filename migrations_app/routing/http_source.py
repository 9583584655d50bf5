"""Following a route over HTTP: a long poll for the record, and a lease that tells which record is wholly applied.

Standard library only, so that a user's own service needs nothing else. Two daemon threads per source, started by
`start()`; when the control plane is silent the last record stays in force and the threads keep asking.
"""

import http.client
import json
import logging
import os
import socket
import threading
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any, Self

from migrations_app.engine.ports import RouteRecord
from migrations_app.routing.leases import LEASE_SECONDS, Lease
from migrations_app.routing.record import from_document
from migrations_app.routing.sources import Reporter, RouteSource
from migrations_app.routing.tally import merged

LOG = logging.getLogger(__name__)
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 2.0
BUILD = "snakeweb-routing/2"
REFRESH_SECONDS = 2.0  # an operation waits for this answer


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """urllib would send the bearer token along, to whatever address it is told."""

    def redirect_request(self, *_: Any) -> None:
        """The redirect is an error then, as any other answer without a record."""


class HttpRouteSource(RouteSource):
    """`url` is the control plane's root (`https://snakeweb.example`), `token` a bearer token with scope `route`.

    `counters` is asked at each renewal for what the lease reports, beside what routers count. `mirror` is another
    source, usually a `StoreMirrorSource`, that says where to begin when the control plane does not answer.
    A forked child is a client of its own, and begins to follow the route at its first operation.
    """

    def __init__(
        self,
        url: str,
        name: str,
        token: str,
        *,
        client_id: str = "",
        timeout_seconds: float = 10.0,
        counters: Reporter = dict,
        mirror: RouteSource | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        super().__init__(name)
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"the control plane's address must begin with http:// or https://, not {parts.scheme!r}")
        self._root = f"{url.rstrip('/')}/api/v1/routes/{urllib.parse.quote(name, safe='')}"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._timeout = timeout_seconds
        self._short = min(timeout_seconds, REFRESH_SECONDS)
        self._mirror = mirror
        self._answers = 0
        self._over_epoch = 0  # of the newest record whose hand-off was said to be over
        self._lease = Lease(lease_seconds)
        self._given_id = client_id
        self.report_from(counters)
        self._be(client_id or f"{socket.gethostname()}-{os.getpid()}")

    def _be(self, client_id: str) -> None:
        self.client_id = client_id
        self.boot_id = uuid.uuid4().hex
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._asking = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        """Register this process, then follow the route. Raises DependencyUnavailable when no first record arrives.

        A control plane that is silent is no reason not to serve: the lease is asked for again, and a store with
        fences refuses a client that has missed something. Without fences the router waits for the lease.
        """
        if self._threads:
            return self
        with self._starting:
            if not self._threads and not self._ending.is_set():
                self.current()
                self._renew()
                # Whoever moved the route on before this process was registered did not wait for it.
                self._fetch("", self._short)
                self._threads = [
                    threading.Thread(target=run, name=name, daemon=True)
                    for run, name in ((self._follow, "route-follower"), (self._keep_lease, "route-lease"))
                ]
                for thread in self._threads:
                    thread.start()
        return self

    def close(self) -> None:
        """Stop following; a long poll under way ends with its own timeout, nobody waits for it."""
        self._ending.set()
        self.wake()

    def after_fork(self) -> None:
        super().after_fork()
        self._lease = Lease(self._lease.seconds)
        name = self._given_id or socket.gethostname()
        self._be(f"{name}-{os.getpid()}")

    @property
    def lease_ends(self) -> float:
        return self._lease.ends

    def handoff_is_over(self, record: RouteRecord) -> bool:
        """A control plane that does not say so is not taken for consent."""
        return super().handoff_is_over(record) and self._over_epoch == record.epoch

    def refresh(self) -> bool:
        """One request at a time: who comes while another asks takes that one's answer."""
        before = self._answers
        if self._asking.acquire(blocking=False):
            try:
                return self._fetch("", self._short) or self._look_into_mirror()
            finally:
                self._asking.release()
        with self._asking:
            return self._answers != before

    def offer(self, record: RouteRecord) -> bool:
        changed = super().offer(record)
        if changed:
            LOG.info("route %s: epoch %s, %s, authority %s", record.name, record.epoch, record.phase, record.authority)
        return changed

    def _look_into_mirror(self) -> bool:
        """Always False: what a store mirrors is no answer of the control plane, only a place to begin."""
        if self._mirror is not None and self._mirror.refresh() and self._mirror.known is not None:
            self.offer(self._mirror.known)
        return False

    def _follow(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while not self._ending.is_set():
            record = self._record
            if self._polled(record):
                delay = FIRST_DELAY_SECONDS
                # An answer without news that came at once means that this control plane does not hold the poll.
                if self._record is record:
                    self._ending.wait(FIRST_DELAY_SECONDS)
            else:
                self._ending.wait(delay)
                delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    def _polled(self, record: RouteRecord | None) -> bool:
        try:
            return self._fetch(f"?after={record.epoch if record else 0}", self._timeout)
        except Exception:  # without this thread the process would never hear of a change again
            LOG.exception("route %s: following it failed; it goes on", self.name)
            return False

    def _keep_lease(self) -> None:
        reported = self.acknowledged()
        while not self._ending.is_set():
            try:
                self._wait_for_more_than(reported)
                if not self._ending.is_set():
                    reported = self._renew()
            except Exception:  # nor would the route move on without this one
                LOG.exception("route %s: renewing the lease failed; it goes on", self.name)
                self._ending.wait(self._lease.renew_seconds)

    def _wait_for_more_than(self, reported: int) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._ending.is_set() or self.acknowledged() > reported, self._lease.renew_seconds
            )

    def _renew(self) -> int:
        """Report what is applied; returns the reported epoch. Silence of the control plane is no error here."""
        acknowledged = self.acknowledged()
        counters = merged(map(self._counted, self._reporters))
        body = {
            "boot_id": self.boot_id,
            "acked_epoch": acknowledged,
            "build": BUILD,
            "max_acked_seq": counters.pop("max_acked_seq", 0),
            "counters": counters,
        }
        asked_at = self._lease.asked_at()
        answer = self._request(
            f"/leases/{urllib.parse.quote(self.client_id, safe='')}",
            min(self._timeout, self._lease.renew_seconds),
            body,
        )
        if answer is not None:
            self._lease.renewed(asked_at)
            if answer:  # the route as it is now
                self._take(answer)
        return acknowledged

    def _counted(self, reporter: Reporter) -> Mapping[str, int]:
        """A reporter may be a service's own code: the lease does not depend on it."""
        try:
            return dict(reporter())
        except Exception:
            LOG.exception("route %s: a reporter of counters failed", self.name)
            return {}

    def _fetch(self, query: str, seconds: float) -> bool:
        document = self._request(query, seconds)
        return document is not None and self._take(document)

    def _take(self, document: Any) -> bool:
        try:
            record = from_document(document, self.name)
            self.offer(record)
            if document.get("handoff_over") is True:
                self._over_epoch = max(self._over_epoch, record.epoch)
        except (KeyError, ValueError, TypeError) as error:
            LOG.warning("route %s: the record could not be understood (%s); the last one stays", self.name, error)
            return False
        self._answers += 1
        return True

    def _request(self, path: str, seconds: float, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer ({} for an empty one), None when there was none."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked when the source was made
            self._root + path,
            data=json.dumps(body).encode() if body is not None else None,
            method="PUT" if body is not None else "GET",
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                content = answer.read()
            return json.loads(content) if content else {}
        except (OSError, ValueError, http.client.HTTPException) as error:
            LOG.info("route %s: no answer (%s); the last record stays in force", self.name, error)
            return None
