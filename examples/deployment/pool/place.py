"""One place of the pool: the process that works there, the release it is to run, and its state as it is."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from examples.deployment.pool.lines import Answer, ask

ROOT = Path(__file__).resolve().parents[3]
WORKER = "examples.deployment.pool.worker"
HEALTH_SECONDS = 1.0  # the longest wait for an answer
SILENCES = 3  # in a row, before a worker that was healthy is taken to be out of order
LOOK_SECONDS = 0.2
LOOK_STARTING_SECONDS = 0.05
STOP_SECONDS = 5.0
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 2.0
REQUEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Release:
    """What a worker runs: a version of the software, and a generation, which is anybody's name for its settings."""

    version: str
    generation: str

    def as_dict(self) -> dict[str, str]:
        return {"version": self.version, "generation": self.generation}


@dataclass(eq=False)
class Place:
    """Everything but the process is read and written under `lock`, the pool's. A thread of its own keeps it."""

    id: str
    release: Release
    surge: bool
    directory: Path
    settings: Callable[[Release], dict[str, Any]]
    lock: threading.Condition
    changed: Callable[[], None]
    process: subprocess.Popen[bytes] | None = None
    socket: Path = Path()
    health: str = "starting"
    held_until: float = 0.0
    requests: int = 0
    served_at: float = 0.0
    stopping: bool = False
    retired: bool = False
    silences: int = 0
    crashes: int = 0
    starts: int = 0
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._keep, name=self.id, daemon=True)

    @property
    def held(self) -> bool:
        return time.monotonic() < self.held_until

    @property
    def serves(self) -> bool:
        return self.health == "healthy" and not self.stopping and not self.held

    @property
    def state(self) -> str:
        if self.stopping:
            return "stopping"
        if self.process is None:
            return "failed" if self.crashes else "starting"
        if self.health == "healthy":
            return "draining" if self.held else "serving"
        return "starting" if self.health == "starting" else "failing"

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "requests": self.requests,
            "surge": self.surge,
            "restarts": max(0, self.starts - 1),
            **self.release.as_dict(),
        }

    def stop(self) -> None:
        """The process is told to end; what comes then, another one or nothing, says `retired`."""
        self.stopping, self.health, self.held_until = True, "starting", 0.0
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
        self.changed()

    def ask(self) -> str:
        """The health that the process itself tells now; `silent` when it does not, `failed` without a process."""
        if self.process is None or self.process.poll() is not None:
            return "failed" if self.crashes else "starting"
        try:
            return str(ask(str(self.socket), "GET", "/health", seconds=HEALTH_SECONDS)[1]["status"])
        except FileNotFoundError:
            return "starting"  # it has not opened its socket yet
        except (OSError, ValueError):
            return "silent"

    def work(self, body: dict[str, Any]) -> Answer:
        return ask(str(self.socket), "POST", "/work", body, seconds=REQUEST_SECONDS)

    def _keep(self) -> None:
        while process := self._start():
            while process.poll() is None:
                self._look(process)
            self._ended(process)

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self.lock:
            if self.retired:
                return None
            self.starts += 1
            self.socket = self.directory / f"{self.id}.{self.starts}.sock"
            settings = {"id": self.id, **self.settings(self.release), **self.release.as_dict()}
            # A worker needs the standard library alone, and no start-up hook of anything that is installed beside it.
            command = [sys.executable, "-S", "-m", WORKER, str(self.socket), json.dumps(settings)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)  # noqa: S603
            self.stopping, self.health = False, "starting"
            self.changed()
            return self.process

    def _look(self, process: subprocess.Popen[bytes]) -> None:
        said = self.ask()
        with self.lock:
            self.silences = self.silences + 1 if said == "silent" else 0
            if self.health == "healthy" and 0 < self.silences < SILENCES:
                said = "healthy"  # a machine with much to do
            if not self.stopping and said != self.health:
                self.health = said
                self.crashes = 0 if said == "healthy" else self.crashes
                self.changed()
            pause = LOOK_SECONDS if self.health == "healthy" else LOOK_STARTING_SECONDS
            ends = self.stopping
        try:
            process.wait(STOP_SECONDS if ends else pause)
        except subprocess.TimeoutExpired:
            if ends:
                process.kill()

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        with self.lock:
            self.socket.unlink(missing_ok=True)
            if process.stdin:
                process.stdin.close()
            self.process, self.health, self.held_until = None, "starting", 0.0
            if not self.stopping:
                self.crashes += 1
                backoff = min(FIRST_BACKOFF_SECONDS * 2 ** (self.crashes - 1), LONGEST_BACKOFF_SECONDS)
                self.changed()
                self.lock.wait_for(lambda: self.stopping, backoff)
            self.crashes = 0 if self.stopping else self.crashes
            self.changed()
