"""A deployment of real processes on the test's own control database: broker, Celery workers, dispatcher."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from django.db import connection, transaction

from migrations_app.testing.servers import RedisServer
from tests.parallel import wait_for

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


def database_url() -> str:
    """The control database that this test uses, for other processes."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(str(values['NAME'])).resolve()}"
    login = f"{quote(values['USER'], safe='')}:{quote(values['PASSWORD'], safe='')}"
    return f"postgresql://{login}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


class Process:
    """One process of the deployment, with its log in a file."""

    def __init__(self, name: str, words: list[str], directory: Path, environment: dict[str, str], ready: str) -> None:
        self.name = name
        self._words = words
        self._ready = ready
        self._log = directory / f"{name}.log"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._words],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def wait_ready(self) -> Self:
        def ready() -> bool:
            assert self.alive, f"{self.name} ended:\n{self.log[-3000:]}"
            return self._ready in self.log

        wait_for(ready, START_SECONDS, f"{self.name} to be ready")
        return self

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9 of the process and of whatever it started."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    @property
    def frozen(self) -> bool:
        """Whether it was stopped by SIGSTOP (state T in Linux' process table)."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def freeze(self) -> None:
        """SIGSTOP, while no thread of it holds a lock on the control database.

        A process that is frozen inside a SQLite write transaction blocks every other writer, as any holder of that
        file's one lock does. Holding the lock here makes sure that the frozen one does not.
        """
        with transaction.atomic():  # BEGIN IMMEDIATE on SQLite
            os.killpg(self.pid, signal.SIGSTOP)
            wait_for(lambda: self.frozen, 10, f"{self.name} to be frozen")

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def signal_stop(self) -> None:
        """SIGTERM, as an init system would."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, seconds: float = 30) -> int:
        """The exit status, once it has ended."""
        assert self._process is not None
        return self._process.wait(seconds)

    def end(self) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.thaw()
            self.kill()


class Deployment:
    def __init__(self, directory: Path, settings: str = "tests.faults.settings") -> None:
        self._directory = directory
        self._settings = settings
        self.broker = RedisServer(directory / "broker", persistent=False)
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        self.broker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.end()
        self.broker.stop()
        for process in self._processes:  # shown by pytest when the test has failed
            sys.stderr.write(f"--- {process.name}\n{process.log[-4000:]}\n")

    def worker(self, name: str, *, crash_at: str = "") -> Process:
        """Start a Celery worker process, without waiting until it is ready."""
        words = ["-m", "celery", "-A", "snakeweb", "worker", "--pool", "threads", "--concurrency", "4"]
        words += ["-Q", "control,live,bulk", "-n", f"{name}@test", "--loglevel", "info", "--without-mingle"]
        return self._start(name, words, " ready.", {"SNAKEWEB_CRASH_AT": crash_at})

    def dispatcher(self, name: str = "dispatcher", *, crash_at: str = "") -> Process:
        return self._start(name, ["manage.py", "dispatcher"], "Dispatching.", {"SNAKEWEB_CRASH_AT": crash_at})

    def beat(self, name: str = "beat") -> Process:
        words = ["-m", "celery", "-A", "snakeweb", "beat", "--loglevel", "info", "--pidfile", ""]
        words += ["--schedule", str(self._directory / f"{name}-schedule")]
        return self._start(name, words, "beat: Starting", {})

    def _start(self, name: str, words: list[str], ready: str, extra: dict[str, str]) -> Process:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self._settings,
            "SNAKEWEB_DATABASE_URL": database_url(),
            "SNAKEWEB_REDIS_URL": self.broker.url,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **extra,
        }
        process = Process(name, words, self._directory, environment, ready).start()
        self._processes.append(process)
        return process
