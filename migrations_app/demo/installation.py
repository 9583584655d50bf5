"""A whole Snakeweb on this machine: a broker of its own, web, dispatcher and workers, in one state directory."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrations_app.demo.processes import (
    Process,
    Processes,
    ProcessFailed,
    beat_command,
    dispatcher_command,
    manage_command,
    web_command,
    worker_command,
)
from migrations_app.testing.servers import RedisServer

FIRST_WEB_PORT = 8000
BROKER_PORT = 6379  # where SNAKEWEB_REDIS_URL points when it is not set
OWN_SETTINGS = (
    "SNAKEWEB_DATABASE_URL",
    "SNAKEWEB_SECRET_KEYS",
    "SNAKEWEB_ALLOWED_HOSTS",
    "SNAKEWEB_ARTIFACTS_URL",
    "SNAKEWEB_FILE_ROOTS",
)


@dataclass(slots=True)
class Installation:
    """Process names in `processes` are `web`, `dispatcher`, `beat`, `worker-1`, `worker-2`...

    `listener` is held from before anything starts: nobody can take the port meanwhile, and a web process that is
    started again finds the requests that came between.
    """

    processes: Processes
    listener: socket.socket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def prepare_database(self) -> None:
        self.processes.run("migrate", manage_command("migrate", "--noinput", "-v", "0"))

    def start_web(self) -> Process:
        listener = self.listener.fileno()
        return self.processes.start("web", web_command(listener), keep_open=[listener])

    def start_dispatcher(self) -> Process:
        return self.processes.start("dispatcher", dispatcher_command())

    def start_beat(self) -> Process:
        return self.processes.start("beat", beat_command())

    def start_worker(self, number: int, crash_at: str = "") -> Process:
        """`crash_at` arms a crash point of the engine in this worker (engine/crash_points.py)."""
        more = {"SNAKEWEB_CRASH_AT": crash_at} if crash_at else {}
        return self.processes.start(f"worker-{number}", worker_command(f"worker-{number}"), more=more)

    def wait_until_ready(self, web: Process) -> None:
        self.processes.wait_for_page(web, f"{self.url}/readyz")


@contextlib.contextmanager
def own_installation(directory: Path, web_port: int = 0) -> Iterator[Installation]:
    """An installation that takes nothing from the surroundings: SQLite, keys and broker are its own."""
    with RedisServer(directory / "broker", persistent=False) as broker:
        surroundings = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS}
        surroundings |= {
            "SNAKEWEB_STATE": str(directory / "state"),
            "SNAKEWEB_REDIS_URL": broker.url,
            "SNAKEWEB_FILE_ROOTS": str(directory / "files"),
        }
        with (
            listen(web_port) if web_port else listen_from(FIRST_WEB_PORT) as listener,
            Processes(directory, django_surroundings(surroundings)) as processes,
        ):
            yield Installation(processes, listener)


@contextlib.contextmanager
def configured_installation(directory: Path, web_port: int) -> Iterator[Installation]:
    """The installation that the environment variables describe; only a missing broker is started, on its usual port.

    Raises ProcessFailed when something else already listens there: nobody's Redis is used unasked.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(web_port))
        if not os.environ.get("SNAKEWEB_REDIS_URL"):
            if not is_free(BROKER_PORT):
                raise ProcessFailed(
                    f"Something already listens on 127.0.0.1:{BROKER_PORT}. Set "
                    f"SNAKEWEB_REDIS_URL=redis://127.0.0.1:{BROKER_PORT}/0 to use it as the broker, or stop it; "
                    "nothing was started."
                )
            stack.enter_context(RedisServer(directory / "broker", port=BROKER_PORT))
        processes = stack.enter_context(Processes(directory, django_surroundings(dict(os.environ))))
        yield Installation(processes, listener)


def django_surroundings(surroundings: dict[str, str]) -> dict[str, str]:
    return {"PYTHONUNBUFFERED": "1", **surroundings, "DJANGO_SETTINGS_MODULE": "snakeweb.settings"}


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback address; port 0: any free one. Raises ProcessFailed when it is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise ProcessFailed(
            f"The pages cannot be served at 127.0.0.1:{port} ({error.strerror}). Stop what listens there, or choose "
            "another port with --port; nothing was started."
        ) from error


def listen_from(wanted: int) -> socket.socket:
    """On `wanted` or one of the nine ports after it; on any free one when all ten are taken."""
    for port in range(wanted, wanted + 10):
        with contextlib.suppress(ProcessFailed):
            return listen(port)
    return listen(0)


def is_free(port: int) -> bool:
    with contextlib.suppress(ProcessFailed), listen(port):
        return True
    return False
