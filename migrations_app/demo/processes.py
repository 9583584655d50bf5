"""Starting, watching and stopping the processes of an installation that lives in one directory."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from migrations_app.demo.directory import PROCESS_LIST

POLL_SECONDS = 0.1
STOP_SECONDS = 20.0
START_SECONDS = 60.0
PYTHON = (sys.executable, "-W", "ignore::DeprecationWarning")


class ProcessFailed(RuntimeError):
    """A process ended or did not get ready; the message ends with what it wrote last."""


@dataclass(slots=True)
class Process:
    name: str
    log: Path
    popen: subprocess.Popen[bytes]

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    @property
    def how_it_ended(self) -> str:
        """For people. Who was killed said nothing about it: the last lines of its log would mislead."""
        status = self.popen.poll()
        if status is not None and status < 0:
            name = signal.Signals(-status).name
            return f"{self.name} was killed ({name}), perhaps for want of memory. Its log: {self.log}"
        return f"{self.name} ended by itself with status {status}:\n{self.tail()}"

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass(slots=True)
class Processes:
    """Child processes with one environment and one folder of logs; leaving the context stops all, newest first."""

    directory: Path
    surroundings: Mapping[str, str]
    started: list[Process] = field(default_factory=list)

    def __enter__(self) -> Self:
        (self.directory / "logs").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self, name: str, command: Sequence[str], *, more: Mapping[str, str] | None = None, keep_open: Sequence[int] = ()
    ) -> Process:
        """Start a process that stays, in a session of its own, so that Ctrl-C reaches only its supervisor.

        `more`: environment variables; `keep_open`: file descriptors it inherits.
        """
        log = self.directory / "logs" / f"{name}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603
                [*command],
                env={**self.surroundings, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=keep_open,
            )
        with (self.directory / PROCESS_LIST).open("a") as noted:
            noted.write(f"{popen.pid}\n")
        process = Process(name, log, popen)
        self.started.append(process)
        return process

    def run(self, name: str, command: Sequence[str]) -> str:
        """Run a process to its end; its standard output. Raises ProcessFailed when its status is not 0."""
        log = self.directory / "logs" / f"{name}.log"
        with log.open("ab") as errors:
            ended = subprocess.run(  # noqa: S603
                [*command],
                env=dict(self.surroundings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                check=False,
            )
        if ended.returncode != 0:
            raise ProcessFailed(
                f"{name} ended with status {ended.returncode}:\n{ended.stdout}{log.read_text()[-3000:]}"
            )
        return ended.stdout

    def wait_for_page(self, process: Process, url: str) -> None:
        """Wait until `url` answers 200. Raises ProcessFailed when the process ends or 60 s pass."""
        deadline = time.monotonic() + START_SECONDS
        answer = "no answer"
        while process.running and time.monotonic() < deadline:
            try:
                with urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback address
                    if response.status == 200:
                        return
            except (URLError, OSError) as error:
                answer = str(error)
            time.sleep(POLL_SECONDS)
        raise ProcessFailed(f"{process.name} did not get ready ({url}: {answer}):\n{process.tail()}")

    def ended(self) -> list[Process]:
        """Those that should still run and do not."""
        return [process for process in self.started if not process.running]

    def end(self, process: Process) -> None:
        """Tell one process to end, and wait up to a minute until it has."""
        signal_group(process.popen.pid, signal.SIGTERM)
        process.popen.wait(START_SECONDS)
        self.started.remove(process)

    def stop(self) -> None:
        """SIGTERM to each process's group, newest first, SIGKILL to what is left after 20 s."""
        for process in reversed(self.started):
            signal_group(process.popen.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in reversed(self.started):
            try:
                process.popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                signal_group(process.popen.pid, signal.SIGKILL)
                process.popen.wait()
        self.started.clear()


def signal_group(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, how)


def web_command(listener: int) -> list[str]:
    """`listener` is the descriptor of a listening socket that the process inherits."""
    return [*PYTHON, "-m", "daphne", "--fd", str(listener), "snakeweb.asgi:application"]


def dispatcher_command() -> list[str]:
    return [*PYTHON, "-m", "django", "dispatcher"]


def beat_command() -> list[str]:
    return [*PYTHON, "-m", "celery", "-A", "snakeweb", "beat", "--loglevel", "info", "--pidfile", ""]


def worker_command(name: str) -> list[str]:
    options = ["--pool", "threads", "--concurrency", "4", "-Q", "control,live,bulk", "-n", f"{name}@%h"]
    return [*PYTHON, "-m", "celery", "-A", "snakeweb", "worker", *options, "--without-gossip", "--without-mingle"]


def manage_command(*words: str) -> list[str]:
    return [*PYTHON, "-m", "django", *words]
