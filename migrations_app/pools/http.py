"""A worker pool that speaks docs/worker-pool-protocol.md: the drivers `http` and `process`.

`process` is the same over the Unix socket of the supervisor on this machine, which only its owner may open.
"""

import ipaddress
import statistics
import time
import urllib.parse
from collections import Counter
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import InsufficientResources, Problem, ValidationFailed
from migrations_app.pools.base import (
    Capability,
    Health,
    Outcome,
    PoolDriver,
    PoolIsReadOnly,
    PoolProbe,
    PoolStatistics,
    PoolView,
    Release,
    Worker,
)
from migrations_app.pools.channel import Channel, Reply, over_socket, over_tcp
from migrations_app.pools.configuration import PoolConfig

PROTOCOL = 1
_READY = frozenset({"serving", "draining"})


def http_pool(config: PoolConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> "HttpPool":
    url, token = str(config["url"]), secrets.get("password", "")
    channel = over_tcp(url, token, authority=str(config["authority"]), seconds=config["timeout_seconds"])
    return HttpPool(channel, "http", _openly(url) if token else "", read_only=read_only)


def process_pool(config: PoolConfig, _secrets: Mapping[str, str], *, read_only: bool = False) -> "HttpPool":
    channel = over_socket(str(config["path"]), seconds=config["timeout_seconds"])
    return HttpPool(channel, "process", "", read_only=read_only)


class HttpPool(PoolDriver):
    """`warning`: what is to be said of the connection itself."""

    def __init__(self, channel: Channel, kind: str, warning: str, *, read_only: bool) -> None:
        self._channel = channel
        self._kind = kind
        self._warning = warning
        self._read_only = read_only

    def close(self) -> None:
        """No connection outlives its call."""

    def probe(self) -> PoolProbe:
        latencies = []
        for _ in range(5):
            before = time.perf_counter()
            document = self._look()
            latencies.append((time.perf_counter() - before) * 1000)
        try:
            view, release = _view(document), _release(document["release"])
            known = {str(capability) for capability in Capability}
            capabilities = frozenset(Capability(one) for one in document["capabilities"] if one in known)
            identity = ":".join([self._kind, str(document["pool"]), str(document["identity"])])
            room = int(document["capacity"]["most"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._misspoken(error) from error
        return PoolProbe(
            kind=self._kind,
            version=release.version,
            identity=identity,
            latency_ms=statistics.median(latencies),
            view=view,
            capabilities=capabilities,
            refill_seconds=0.0,
            problems=tuple(self._problems(view, str(document["pool"]), release)),
            details={"pool": str(document["pool"]), "generation": release.generation, "running": _running(view)},
            release=release,
            room=room,
        )

    def _problems(self, view: PoolView, name: str, release: Release) -> list[str]:
        problems = [self._warning] if self._warning else []
        if not view.serving:
            problems.append(f"The pool {name} has no worker that takes requests.")
        others = sum(worker.release != release for worker in view.workers)
        if others:
            count = "1 worker runs" if others == 1 else f"{others} workers run"
            problems.append(f"{count} another release than {release}, which the pool {name} is said to run.")
        return problems

    def view(self) -> PoolView:
        try:
            return _view(self._look())
        except (KeyError, TypeError, ValueError) as error:
            raise self._misspoken(error) from error

    def health(self, worker_id: str) -> Health:
        reply = self._channel.call("GET", f"{_path(worker_id)}/health")
        if reply.status == 404:
            return Health.GONE
        try:
            return Health(reply.document["status"])
        except (KeyError, ValueError):
            return Health.FAILING  # a word that we do not know is not that it is healthy

    def hold(self, worker_id: str, seconds: float) -> bool:
        reply = self._change("PUT", f"{_path(worker_id)}/drain", {"seconds": seconds})
        return reply.status == 200

    def release(self, worker_id: str) -> None:
        self._change("DELETE", f"{_path(worker_id)}/drain")

    def recycle(self, worker_id: str, to: Release | None = None, *, force: bool = False) -> Outcome:
        if to is None:
            raise ValidationFailed(f"{worker_id} was left: this pool has to be told which release it is to run.")
        return self._outcome(self._change("PUT", _path(worker_id), {**to.as_dict(), "force": force}))

    def retire(self, worker_id: str) -> Outcome:
        return self._outcome(self._change("DELETE", _path(worker_id)))

    def start(self, worker_id: str, release: Release) -> None:
        reply = self._change("PUT", _path(worker_id), {**release.as_dict(), "surge": True})
        if reply.error == "full":
            raise InsufficientResources(f"No extra worker was started. {reply.message}")
        self._require_done(reply)

    def adopt(self, release: Release) -> None:
        self._require_done(self._change("PUT", "/release", release.as_dict()))

    def _look(self) -> Mapping[str, Any]:
        reply = self._channel.call("GET", "/pool")
        if reply.status != 200 or reply.document.get("protocol") != PROTOCOL:
            raise self._channel.stranger(f"status {reply.status}, protocol {reply.document.get('protocol')!r}")
        return reply.document

    def _change(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        if self._read_only:
            message = f"The pool at {self._channel.place} is open read-only; nothing was changed."
            raise PoolIsReadOnly(message, recovery_actions=["Open it for writing."])
        return self._channel.call(method, path, body)

    def _outcome(self, reply: Reply) -> Outcome:
        if reply.status == 404 or reply.error == "retiring":
            return Outcome.GONE
        if reply.error == "busy":
            return Outcome.BUSY
        self._require_done(reply)
        return Outcome.ACCEPTED

    def _require_done(self, reply: Reply) -> None:
        if reply.status < 400:
            return
        message = f"The worker pool at {self._channel.place} refuses it: {reply.message or reply.error}"
        problems = []
        if reply.error == "unknown_version":
            problems = [Problem("parameters.version", reply.message, "Install it first, or name another.", "unknown")]
        raise ValidationFailed(message, problems=problems)

    def _misspoken(self, error: Exception) -> Exception:
        return self._channel.stranger(f"its answer lacks or misspells {error}")


def _view(document: Mapping[str, Any]) -> PoolView:
    """Raises KeyError, TypeError or ValueError for what is not as the protocol says."""
    counts = document["statistics"]
    names = ("workers", "available", "busy", "queued", "requests", "errors", "queue_timeouts", "pool_saturated")
    workers = [
        Worker(
            id=str(one["id"]),
            ready=one["state"] in _READY,
            held=one["state"] == "draining",
            requests=int(one["requests"]),
            extra=one["surge"] is True,
            release=_release(one),
        )
        for one in document["workers"]
    ]
    return PoolView(
        PoolStatistics(*(int(counts[name]) for name in names)),
        tuple(sorted(workers, key=lambda worker: _natural(worker.id))),
        int(document["capacity"]["desired"]),
    )


def _running(view: PoolView) -> str:
    counts = Counter(str(worker.release) for worker in view.workers)
    return ", ".join(f"{count} × {release}" for release, count in sorted(counts.items()))


def _release(given: Mapping[str, Any]) -> Release:
    return Release(str(given["version"]), str(given["generation"]))


def _natural(name: str) -> tuple[str, int]:
    """worker-2 before worker-10."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0)


def _path(worker_id: str) -> str:
    return f"/workers/{urllib.parse.quote(worker_id, safe='')}"


def _openly(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return ""
    try:
        if ipaddress.ip_address(str(parts.hostname)).is_loopback:
            return ""
    except ValueError:
        pass
    return f"The token's connection is not encrypted: {parts.netloc} is reached without TLS."
