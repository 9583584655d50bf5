"""The client processes of a scenario, started, frozen and ended together, and what they say at the end."""

import json
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_app.testing.histories import Operation, read_histories
from tests.faults.deployment import ROOT, Process
from tests.faults.zero_downtime.client import READY
from tests.faults.zero_downtime.rig import Rig

CLIENTS = 8
ENDING_SECONDS = 120  # a client that gives way to everybody takes its time


class Summary:
    """Of all clients of a scenario that ended in order."""

    def __init__(self, each: Sequence[Mapping[str, Any]]) -> None:
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.messages: set[str] = set()
        self.fenced = self.retries = 0
        self.slowest_ms = 0.0
        for one in each:
            self.done.update(one["done"])
            self.failed.update(one["failed"])
            self.messages.update(one["messages"])
            self.fenced += one["router"]["fenced"]
            self.retries += one["router"]["retries"]
            self.slowest_ms = max([self.slowest_ms, *one["slowest_ms"].values()])

    @property
    def operations(self) -> int:
        return self.done.total()


class Traffic:
    """`router`: the document that a client's router is made of; each gets a name of its own."""

    def __init__(self, rig: Rig, directory: Path, router: Mapping[str, Any]) -> None:
        self._rig = rig
        self._directory = directory
        self._router = router
        self.processes: dict[str, Process] = {}

    def start(
        self,
        sessions: Sequence[str],
        *,
        clients: int = CLIENTS,
        rate: float = 12.0,
        name: str = "client",
        url: str = "",
        **more: Any,
    ) -> None:
        """`rate` is each client's, per second. Waits until all serve. `url`: another way to the control plane."""
        started = [self._start(f"{name}{number}", sessions, rate, url, more) for number in range(1, clients + 1)]
        for process in started:
            process.wait_ready()

    def _start(self, name: str, sessions: Sequence[str], rate: float, url: str, more: Mapping[str, Any]) -> Process:
        path = self._directory / f"{name}.json"
        route = {**self._router["route"], "client_id": name, **({"url": url} if url else {})}
        config = {
            "name": name,
            "seed": self._rig.seed,
            "sessions": list(sessions),
            "rate": rate,
            "history": str(self._directory / f"{name}.history"),
            "router": {**self._router, "route": route},
            **more,
        }
        path.write_text(json.dumps(config))
        words = ["-m", "tests.faults.zero_downtime.client", str(path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        process = Process(name, words, self._directory, environment, READY).start()
        self.processes[name] = process
        return process

    def freeze(self, name: str) -> None:
        os.kill(self.processes[name].pid, signal.SIGSTOP)
        self._rig.wait(lambda: self.processes[name].frozen, 5, f"{name} to be frozen")

    def thaw(self, name: str) -> None:
        os.kill(self.processes[name].pid, signal.SIGCONT)

    def stop(self) -> Summary:
        """End all; a client that ended by itself is a problem of the scenario."""
        said = []
        running, self.processes = self.processes, {}
        for name, process in running.items():
            if self._rig.expect(process.alive, f"{name} ended by itself: {process.log[-1500:]}"):
                process.signal_stop()
        for name, process in running.items():
            if process.alive:
                self._rig.expect(process.wait(ENDING_SECONDS) == 0, f"{name} ended badly: {process.log[-1500:]}")
            lines = [line for line in process.log.splitlines() if line.startswith("{")]
            said += [json.loads(lines[-1])] if lines else []
        return Summary(said)

    def end(self) -> None:
        """SIGKILL whatever still runs."""
        for process in self.processes.values():
            process.end()

    def operations(self) -> list[Operation]:
        """Everything recorded so far, by invocation."""
        return read_histories(sorted(self._directory.glob("*.history")))
