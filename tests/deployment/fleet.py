"""The services of docker-compose.yml as processes of this machine: own commands and environment, other addresses."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from migrations_app.demo.processes import Process, Processes
from migrations_app.testing.servers import free_port
from tests.deployment import compose
from tests.deployment.compose import Service
from tests.parallel import wait_for

LONG_SECONDS = 90.0
READY = {"worker": " ready.", "dispatcher": "Dispatching.", "beat": "beat: Starting"}


@dataclass
class Fleet:
    """`places` maps what a container would call something to where it is here; `python` is that of the installation."""

    services: Mapping[str, Service]
    python: Path
    places: Mapping[str, str]
    processes: Processes
    port: int
    running: dict[str, list[Process]] = field(default_factory=dict)
    started: int = 0
    ahead: str = ""  # of everything installed, for Python's path

    def here(self, text: str) -> str:
        return re.sub("|".join(map(re.escape, self.places)), lambda found: self.places[found[0]], text)

    def environment(self, name: str) -> dict[str, str]:
        """Nothing of ours but what the image and the service say."""
        said = {**compose.image().environment, **self.services[name].environment}
        said["PATH"] = f"{self.python.parent}:{os.environ['PATH']}"
        ahead = {"PYTHONPATH": self.ahead} if self.ahead else {}
        return {**{key: value if key == "PATH" else self.here(value) for key, value in said.items()}, **ahead}

    def command(self, name: str) -> list[str]:
        return [self.here(word) for word in self.services[name].command]

    def run(self, name: str, *command: str, **more: str) -> str:
        """A command in a container of that service, its own one if none is given. Its standard output."""
        words = list(command) or self.command(name)
        where, surroundings = self.here(compose.image().directory), {**self.environment(name), **more}
        ended = subprocess.run(words, cwd=where, env=surroundings, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{words}\n{ended.stdout[-3000:]}\n{ended.stderr[-6000:]}"
        return ended.stdout

    def start(self, name: str) -> list[Process]:
        """As many as the file says, without waiting for them."""
        made = [self._start(name) for _ in range(self.services[name].replicas)]
        self.running.setdefault(name, []).extend(made)
        return made

    def _start(self, name: str) -> Process:
        self.started += 1
        words = ["env", "-i", f"--chdir={self.here(compose.image().directory)}"]
        words += [f"{key}={value}" for key, value in self.environment(name).items()]
        return self.processes.start(f"{name}-{self.started}", [*words, *self.command(name)])

    def wait_ready(self, name: str) -> None:
        for process in self.running[name]:
            wait_for(lambda process=process: self._ready(name, process), LONG_SECONDS, f"{process.name} to be ready")

    def _ready(self, name: str, process: Process) -> bool:
        assert process.running, process.how_it_ended
        if self.services[name].health:
            return self.healthy(name)
        return READY[name] in process.log.read_text(errors="replace")

    def healthy(self, name: str) -> bool:
        """Whether its health check, as it is written, is content."""
        words = [self.here(word) for word in self.services[name].health]
        ended = subprocess.run(words, env=self.environment(name), capture_output=True, check=False)
        return ended.returncode == 0

    def stop(self, name: str, process: Process) -> None:
        """As Docker does it, without the killing: SIGTERM to the process alone, and the service's grace."""
        process.popen.terminate()
        process.popen.wait(LONG_SECONDS)
        self.processes.started.remove(process)
        self.running[name].remove(process)

    def follow(self, commands: Sequence[str], folder: Path = Path("/backup"), programs: Path = Path("/")) -> str:
        """Lines for a shell, as the documentation has them; `folder` is its /backup, `programs` are PostgreSQL's."""
        said, path = "", f"{self.python.parent}:{programs}:{os.environ['PATH']}"
        for line in commands:
            words = self.here(line).replace("/backup/", f"{folder}/")
            said += self.run("web", "sh", "-ec", words, PATH=path)
        return said

    def restart(self, name: str, look: Callable[[Process], None] = lambda _: None) -> Iterator[Process]:
        """One after the other: stopped, looked at, and another one started and ready. Yields each that was stopped."""
        for process in list(self.running[name]):
            self.stop(name, process)
            look(process)
            self.running[name].append(self._start(name))
            self.wait_ready(name)
            yield process

    def stop_all(self) -> None:
        for name, processes in self.running.items():
            for process in list(processes):
                self.stop(name, process)

    def logs(self) -> Mapping[str, str]:
        return {path.stem: path.read_text(errors="replace") for path in (self.processes.directory / "logs").iterdir()}

    def tracebacks(self) -> Mapping[str, str]:
        """The first of each process that has one, with what was said around it."""
        found = ((name, log, log.find("Traceback")) for name, log in self.logs().items())
        return {name: log[max(0, at - 500) : at + 4000] for name, log, at in found if at >= 0}


@contextmanager
def fleet(folder: Path, python: Path, secrets: Mapping[str, str], servers: Mapping[str, str]) -> Iterator[Fleet]:
    """`servers`: where database and broker of the file are, by the host and port that it calls them."""
    state, port = folder / "state", free_port()
    state.mkdir(parents=True)
    places = {
        **servers,
        "/var/lib/snakeweb": str(state),
        "/opt/snakeweb/bin": str(python.parent),
        "/tmp/": f"{folder}/tmp-",  # noqa: S108 - of the container
        "0.0.0.0": "127.0.0.1",  # noqa: S104
        "127.0.0.1:8000": f"127.0.0.1:{port}",
    }
    with Processes(folder, {}) as processes:
        made = Fleet(compose.services(secrets), python, places, processes, port)
        web = made.services["web"]
        at = web.command.index("--port") + 1
        assert web.command[at] == "8000"
        words = (*web.command[:at], str(port), *web.command[at + 1 :])
        made.services = {**made.services, "web": Service(**{**_fields(web), "command": words})}
        yield made


def _fields(service: Service) -> dict[str, object]:
    return {name: getattr(service, name) for name in service.__slots__}
