"""A real daphne process over the test's own control database."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from migrations_app.demo.processes import Process, Processes
from migrations_app.testing.servers import free_port
from tests.architecture.sources import ROOT

PRODUCT = "snakeweb.asgi:application"


@dataclass
class Web:
    processes: Processes
    application: str
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        assert self.process is not None
        return self.process.log.read_text(errors="replace")

    def start(self) -> None:
        options: Sequence[str] = ("--bind", "127.0.0.1", "--port", str(self.port), "--application-close-timeout", "1")
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "daphne", *options, self.application]
        self.process = self.processes.start("web", command)
        self.processes.wait_for_page(self.process, f"{self.url}/healthz")

    def stop(self) -> None:
        """In order: what it has not sent yet is sent then."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.popen.send_signal(how)
        self.process.popen.wait(60)
        self.processes.started.remove(self.process)


@contextmanager
def web_process(directory: Path, redis_url: str, application: str = PRODUCT) -> Iterator[Web]:
    surroundings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "PYTHONPATH": str(ROOT),
        "SNAKEWEB_DATABASE_URL": database_url(),
        "SNAKEWEB_REDIS_URL": redis_url,
        "SNAKEWEB_SECRET_KEYS": settings.SECRET_KEY,
        "SNAKEWEB_STATE": str(directory / "state"),
    }
    with Processes(directory, surroundings) as processes:
        web = Web(processes, application)
        web.start()
        yield web


def database_url() -> str:
    """Of the control database that this test uses."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    login = f"{quote(values['USER'], safe='')}:{quote(values['PASSWORD'] or '', safe='')}"
    port = f":{values['PORT']}" if values["PORT"] else ""
    return f"postgres://{login}@{quote(values['HOST'], safe='')}{port}/{values['NAME']}"
