"""Snakeweb as people reach it: a web process of its own on the test's control database, workers where wanted."""

import socket
from pathlib import Path
from urllib.request import urlopen

from tests.faults.deployment import START_SECONDS, Deployment, Process
from tests.parallel import wait_for

SETTINGS = "tests.browser.settings"


class Site(Deployment):
    """`web()` may be killed and started again at the same address."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.port = free_port()
        self._started = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def web(self) -> Process:
        self._started += 1
        words = ["-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "snakeweb.asgi:application"]
        process = self._start(f"web-{self._started}", words, "", {"DJANGO_SETTINGS_MODULE": SETTINGS})
        wait_for(lambda: self._answers(process), START_SECONDS, "the web process")
        return process

    def _answers(self, process: Process) -> bool:
        assert process.alive, f"the web process ended:\n{process.log[-3000:]}"
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
