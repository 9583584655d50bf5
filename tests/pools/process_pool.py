"""The pool of the example deployment with its real processes, and what may happen to it."""

import contextlib
import http.client
import json
import os
import signal
import sys
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from examples.deployment.pool.lines import ask
from examples.deployment.pool.load import Load
from migrations_app.pools import PoolDriver, open_pool
from migrations_app.pools.base import Release
from migrations_app.testing.processes import LocalServer

OLD = Release("1.0.0", "1")
NEW = Release("1.1.0", "2")
BROKEN = Release("1.2.0", "3")
CRASHING = Release("1.3.0", "4")
TOKEN = "token-of-the-pool"
VERSIONS: Mapping[str, Mapping[str, Any]] = {
    OLD.version: {"starting_ms": 0},
    NEW.version: {"starting_ms": 0},
    BROKEN.version: {"healthy": False},
    CRASHING.version: {"crashes": True},
}


class ProcessPool(LocalServer):
    """`directory` has to be a short path: sockets lie in it. A start waits until as many as `workers` serve."""

    def __init__(self, directory: Path | str, *, workers: int = 8, most: int = 12, **versions: Any) -> None:
        super().__init__(directory)
        self.workers = workers
        self.settings = {
            "pool": "embeddings",
            "workers": workers,
            "most": most,
            "release": OLD.as_dict(),
            "token": TOKEN,
            "versions": {**VERSIONS, **versions},
        }

    @property
    def config(self) -> dict[str, Any]:
        return {"driver": "process", "path": str(self.directory / "control.sock")}

    @property
    def http_config(self) -> dict[str, Any]:
        return {"driver": "http", "url": self._addresses()["control"]}

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": TOKEN}

    def open(self, *, read_only: bool = False) -> PoolDriver:
        return open_pool(self.config, {}, read_only=read_only)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Past every driver, over TCP; `path` beneath /control or /front."""
        door, _, rest = path.lstrip("/").partition("/")
        address = urllib.parse.urlsplit(self._addresses()[door])
        connection = http.client.HTTPConnection(address.netloc, timeout=30)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"/{rest}", content, {"Authorization": f"Bearer {TOKEN}"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def load(self, *, callers: int = 6, most_ms: int = 10) -> Load:
        return Load(self._addresses()["front"], callers, most_ms)

    def execute(self, ms: int) -> None:
        """A request that takes so long; nobody waits for its end, and nobody minds it."""

        def request() -> None:
            try:
                self.ask("POST", "/front/work", {"ms": ms})
            except (OSError, http.client.HTTPException, ValueError):
                return

        threading.Thread(target=request, daemon=True).start()

    def pid_of(self, worker: str) -> int:
        """Of the worker's own process, as it says itself."""
        (path,) = self.directory.glob(f"{worker}.*.sock")
        return int(ask(str(path), "GET", "/health", seconds=30)[1]["pid"])

    def kill_worker(self, worker: str) -> None:
        os.kill(self.pid_of(worker), signal.SIGKILL)

    def served(self, *, since: float) -> list[int]:
        """How many workers served, each time that it became another number, as the supervisor wrote it down; first how
        many did at that time."""
        lines = [json.loads(line) for line in (self.directory / "events.jsonl").read_text().splitlines()]
        before = [line["serving"] for line in lines if line["at"] <= since]
        return [*before[-1:], *(line["serving"] for line in lines if line["at"] > since)]

    def _addresses(self) -> dict[str, str]:
        return dict(json.loads((self.directory / "addresses.json").read_text()))

    def _prepare(self) -> None:
        (self.directory / "pool.json").write_text(json.dumps(self.settings))

    def _command(self) -> Sequence[str]:
        return [*self._bound(), sys.executable, "-S", "-m", "examples.deployment.pool", str(self.directory)]

    def _ready(self) -> bool:
        if not (self.directory / "addresses.json").exists():
            return False
        with contextlib.suppress(OSError):  # the addresses may be those of an attempt before
            return bool(self.ask("GET", "/control/capacity")[1]["serving"] >= self.workers)
        return False

    @property
    def _pid_file(self) -> Path:
        return self.directory / "supervisor.pid"

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def _clean_up(self) -> None:
        (self.directory / "addresses.json").unlink(missing_ok=True)
        (self.directory / "control.sock").unlink(missing_ok=True)
