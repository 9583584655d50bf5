"""A worker pool of a live Snakepit node, over Erlang's own distribution protocol. Nothing is installed on the node."""

import statistics
import time
from collections.abc import Mapping
from typing import Any

from migrations_app.beam.address import address_from
from migrations_app.beam.node import Atom, Node, NodeFailed
from migrations_app.pools import expressions
from migrations_app.pools.base import (
    Capability,
    Health,
    Outcome,
    PoolDriver,
    PoolIsReadOnly,
    PoolLacks,
    PoolMissing,
    PoolProbe,
    PoolStatistics,
    PoolView,
    Release,
    Worker,
)
from migrations_app.pools.configuration import PoolConfig

STOP_SECONDS = 30.0  # a node gives a worker eight seconds to end
FOREVER_MS = 10 * 365 * 24 * 3600 * 1000


class BeamPool(PoolDriver):
    """How workers are held, stopped and refilled there is said, with its source, in `expressions.py`."""

    def __init__(self, config: PoolConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._address = address_from(config.values)
        self._node = Node(self._address, secrets.get("password", ""))
        self._server = str(config["server"])
        self._pool = str(config["pool"])
        self._read_only = read_only

    def close(self) -> None:
        self._node.close()

    def probe(self) -> PoolProbe:
        latencies = []
        for _ in range(5):
            before = time.perf_counter()
            self._node.evaluate("ok")
            latencies.append((time.perf_counter() - before) * 1000)
        view = self.view()
        version, otp, since, process, holds, managed, refill_ms = self._evaluate(expressions.LOOK)
        return PoolProbe(
            kind="beam",
            version=_text(version) or f"0 (OTP {_text(otp)})",
            identity=":".join(["beam", self._address.name, str(since), _text(process), self._pool]),
            latency_ms=statistics.median(latencies),
            view=view,
            capabilities=frozenset({Capability.DRAIN} if holds else ()),
            refill_seconds=refill_ms / 1000 if isinstance(refill_ms, int) else 1.0,
            problems=tuple(self._problems(view, managed=bool(managed))),
            details={"otp": _text(otp)},
        )

    def _problems(self, view: PoolView, *, managed: bool) -> list[str]:
        problems = []
        if not managed:
            problems.append(f"The node {self._address.name} runs no lifecycle manager: its workers cannot be recycled.")
        if not view.serving:
            problems.append(f"The pool {self._pool} has no worker that takes requests.")
        if view.ghosts:
            count = "1 worker that is" if len(view.ghosts) == 1 else f"{len(view.ghosts)} workers that are"
            problems.append(f"The pool {self._pool} still lists {count} gone: requests that it hands to them fail.")
        if not self._address.certificate and not self._address.on_loopback:
            problems.append(f"The cookie's connection is not encrypted: {self._address.name} is reached without TLS.")
        return problems

    def view(self) -> PoolView:
        counts, size, workers, ghosts = self._of_pool(expressions.VIEW)
        found = sorted((_text(name), ready, held, requests) for name, ready, held, requests in workers)
        return PoolView(
            PoolStatistics(*counts),
            tuple(
                Worker(name, bool(ready), bool(held), requests, extra=not self._refilled(name))
                for name, ready, held, requests in found
            ),
            size,
            tuple(sorted(map(_text, ghosts))),
        )

    def health(self, worker_id: str) -> Health:
        return Health(self._evaluate(expressions.HEALTH, Id=worker_id.encode()).name)

    def hold(self, worker_id: str, seconds: float) -> bool:
        self._refuse_when_read_only()
        return bool(self._evaluate(expressions.HOLDING, Id=worker_id.encode(), Ms=round(seconds * 1000)))

    def release(self, worker_id: str) -> None:
        self._refuse_when_read_only()
        self._evaluate(expressions.RELEASING, Id=worker_id.encode())

    def recycle(self, worker_id: str, to: Release | None = None, *, force: bool = False) -> Outcome:
        if to is not None or force:
            raise PoolLacks(f"A live node restarts a worker as it was, and when it is idle; {worker_id} was left.")
        return self._stop(expressions.RECYCLING, worker_id)

    def retire(self, worker_id: str) -> Outcome:
        return self._stop(expressions.RETIRING, worker_id)

    def _refilled(self, worker_id: str) -> bool:
        """The pool itself starts another one behind such a worker only."""
        return worker_id.startswith(f"{self._pool}_worker_")

    def _stop(self, text: str, worker_id: str) -> Outcome:
        self._refuse_when_read_only()
        answer = self._of_pool(text, seconds=STOP_SECONDS, Id=worker_id.encode(), Forever=FOREVER_MS)
        return Outcome(answer.name)

    def _of_pool(self, text: str, **bindings: Any) -> Any:
        try:
            answer = self._evaluate(text, Name=Atom(self._pool), **bindings)
        except NodeFailed as failure:
            if failure.reason in ("undef", "noproc"):
                raise self._no_server() from None
            raise
        if answer == Atom("no_server"):
            raise self._no_server()
        if answer == Atom("no_pool"):
            message = f"The node {self._address.name} has no worker pool named {self._pool}."
            fix = "Correct the pool's name; without `pools` in the node's configuration it is “default”."
            raise PoolMissing(message, field="config.pool", fix=fix)
        return answer

    def _evaluate(self, text: str, **bindings: Any) -> Any:
        return self._node.evaluate(text, Server=Atom(self._server), **bindings)

    def _no_server(self) -> PoolMissing:
        message = f"The node {self._address.name} has no worker-pool server {self._server}."
        fix = "Correct the name, or start Snakepit on the node with pooling enabled."
        return PoolMissing(message, field="config.server", fix=fix)

    def _refuse_when_read_only(self) -> None:
        if self._read_only:
            message = f"The pool {self._pool} of {self._address.name} is open read-only; nothing was changed."
            raise PoolIsReadOnly(message, recovery_actions=["Open it for writing."])


def _text(content: Any) -> str:
    return content.decode(errors="replace") if isinstance(content, bytes) else ""
