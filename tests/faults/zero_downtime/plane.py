"""A control plane of real processes: broker, web, dispatcher, workers; and the people who use it."""

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from django.utils import timezone

from migrations_app.demo.processes import PYTHON
from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Lease, Person, RoleGrant, Run
from migrations_app.services import tokens
from migrations_app.services.actor import Actor
from migrations_app.testing.servers import RedisServer, free_port
from tests import policies
from tests.faults.deployment import ROOT, Process
from tests.faults.observing import process_of
from tests.faults.zero_downtime.rig import Rig

SETTINGS = "tests.faults.zero_downtime.settings"
PEOPLE = {"operator": Role.OPERATOR, "admin": Role.ADMIN, "second_admin": Role.ADMIN, "approver": Role.APPROVER}
PASSWORD = "correct horse battery staple"


def now() -> datetime:
    return timezone.now()


class Plane:
    """Entering it starts what every scenario needs; workers are started by name.

    `surroundings` of this process hold for the others too: database, state directory, guards that are off.
    """

    def __init__(self, rig: Rig, *, database_url: str = "") -> None:
        self.rig = rig
        self._directory = rig.directory / "plane"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._database_url = database_url or os.environ["SNAKEWEB_DATABASE_URL"]
        self.broker = RedisServer(self._directory / "broker", persistent=False)
        self.web_port = free_port()
        self.processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        self.broker.start()
        self._settle()
        self.start_web()
        self.start_dispatcher()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.end()
        self.broker.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def _settle(self) -> None:
        """An operator, an admin, an approver, and an environment that asks for no signatures."""
        first = {"position": 10, "created_at": now()}
        self.environment, is_new = Environment.objects.get_or_create(name="dev", defaults=first)
        if is_new:
            policies.with_environment(self.environment, 0, now())
        for name, role in PEOPLE.items() if is_new else ():
            person = Person.objects.create_user(name, f"{name}@example.org", PASSWORD)
            RoleGrant.objects.create(person=person, role=role, granted_at=now())
        self.people = {person.username: person for person in Person.objects.filter(username__in=PEOPLE)}
        self.token = tokens.create(
            actor=self.actor("operator"), now=now(), name=f"clients-{self.web_port}", scopes=["route"]
        ).clear

    def actor(self, name: str = "operator") -> Actor:
        person = self.people[name]
        return Actor(person.pk, person.username, address="127.0.0.1", request_id="fault-rig", reauthenticated_at=now())

    def start_web(self) -> Process:
        options = ["--bind", "127.0.0.1", "--port", str(self.web_port), "--application-close-timeout", "1"]
        words = [*PYTHON[1:], "-m", "daphne", "-v", "1", *options, "snakeweb.asgi:application"]
        return self._start("web", words, "")

    def start_dispatcher(self, name: str = "dispatcher", *, crash_at: str = "") -> Process:
        words = [*PYTHON[1:], "-m", "django", "dispatcher"]
        return self._start(name, words, "Dispatching.", {"SNAKEWEB_CRASH_AT": crash_at})

    def start_worker(self, name: str, *, crash_at: str = "") -> Process:
        """Does not wait until it is ready."""
        words = [*PYTHON[1:], "-m", "celery", "-A", "snakeweb", "worker", "--pool", "threads", "--concurrency", "6"]
        words += ["-Q", "control,live,bulk", "-n", f"{name}@faults", "--loglevel", "info"]
        words += ["--without-mingle", "--without-gossip"]
        return self._start(name, words, " ready.", {"SNAKEWEB_CRASH_AT": crash_at})

    def start_workers(self, *names: str, crash_at: str = "") -> list[Process]:
        """Start several, and wait until all are ready."""
        started = [self.start_worker(name, crash_at=crash_at) for name in names]
        return [process.wait_ready() for process in started]

    def ready(self) -> Self:
        for process in self.processes.values():
            if process.alive:
                process.wait_ready()
        self.rig.wait(self._answers, 60, "the web process to answer")
        return self

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _start(self, name: str, words: list[str], ready: str, extra: Mapping[str, str] = {}) -> Process:
        environment = {
            **os.environ,
            "SNAKEWEB_DATABASE_URL": self._database_url,
            "SNAKEWEB_REDIS_URL": self.broker.url,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **extra,
        }
        process = Process(name, words, self._directory, environment, ready).start()
        self.processes[name] = process
        return process

    def kill(self) -> None:
        """SIGKILL everything: web, dispatcher, workers, broker."""
        for process in self.processes.values():
            process.kill()
        self.broker.kill()

    def start_again(self) -> None:
        """What was killed, under the same names."""
        self.broker.start()
        self.start_web()
        self.start_dispatcher()
        for name in [name for name in self.processes if name.startswith("worker")]:
            self.start_worker(name)
        self.ready()

    @property
    def workers(self) -> list[Process]:
        return [each for name, each in self.processes.items() if name.startswith("worker") and each.alive]

    def driver_of(self, run: Run, step: str = "") -> Process | None:
        """The worker process that holds the run's lease (or a background driver's) now."""
        holder = Lease.objects.filter(run=run, step=step, partition=0).values_list("holder", flat=True).first()
        if not holder:
            return None
        return next((each for each in self.workers if each.pid == process_of(holder)), None)

    def logs(self) -> str:
        return "".join(process.log for process in self.processes.values())


def migrate(url: str, state: Path) -> None:
    """Make the tables of an empty control database, in a process of its own."""
    environment = {**os.environ, "SNAKEWEB_DATABASE_URL": url, "SNAKEWEB_STATE": str(state)}
    environment |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "PYTHONPATH": str(ROOT)}
    log = state.parent / "migrate"
    process = Process("migrate", [*PYTHON[1:], "-m", "django", "migrate", "-v", "0"], state.parent, environment, "")
    if process.start().wait() != 0:
        raise RuntimeError(f"{sys.executable} migrate failed ({log}):\n{process.log[-3000:]}")
