"""`make demo`: private servers, a whole installation, an example deployment under traffic, and one real migration."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.demo import databases
from migrations_app.demo import deployment as example
from migrations_app.demo.databases import path_in
from migrations_app.demo.deployment import Deployment, Store
from migrations_app.demo.installation import Installation, own_installation
from migrations_app.demo.journey import STANDARD, ZERO_DOWNTIME, Ended, Journey, message_of
from migrations_app.demo.people import PEOPLE
from migrations_app.demo.processes import PYTHON, Process, ProcessFailed, manage_command
from migrations_app.demo.recount import Recount, flip_one_byte, recount
from migrations_app.demo.terminal import Terminal
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.servers import PostgresServer, RedisServer

WORKERS = 2
LOOK_AGAIN_SECONDS = 0.5
TRAFFIC = (*PYTHON, "-m", "examples.deployment")
ORDERS = (*PYTHON, "-m", "examples.deployment.orders")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for. `port` 0: the first free one from 8000."""

    directory: Path
    port: int = 0
    exit_after: bool = False
    corrupt: bool = False


class Show:
    """Everything the demo does, in order; leaving `play` has stopped every process, whatever happened."""

    def __init__(self, wishes: Wishes, terminal: Terminal, leave: threading.Event) -> None:
        self.wishes = wishes
        self.terminal = terminal
        self.leave = leave
        self.go = wishes.directory / "go"

    def play(self) -> int:
        """The exit status: 0 only when everything was moved and verified."""
        with contextlib.ExitStack() as stack:
            self.terminal.say(
                "Starting private servers: Redis with sessions, PostgreSQL for them to move to, a broker."
            )
            source = stack.enter_context(RedisServer(self.wishes.directory / "sessions-redis"))
            target = stack.enter_context(PostgresServer(self.wishes.directory / "sessions-postgres"))
            installation = stack.enter_context(own_installation(self.wishes.directory, self.wishes.port))
            self._set_up(installation, source, target)
            traffic = self._start_traffic(installation)
            self.terminal.say("A traffic process reads and writes these sessions all the time.")
            self.terminal.say()
            began = time.monotonic()
            style = STANDARD if self.wishes.corrupt else ZERO_DOWNTIME
            ended = Journey(installation.url, self.terminal, self._sabotage(target), style).play()
            installation.processes.end(traffic)
            summary = summary_of(traffic)
            found = recount(source.url, example.PREFIX, target.url) if ended.state is RunState.SUCCEEDED else None
            status = self._tell(ended, found, summary, time.monotonic() - began)
            if not self.wishes.exit_after and not self.leave.is_set():
                self._stay(installation)
            return status

    def _set_up(self, installation: Installation, source: RedisServer, target: PostgresServer) -> None:
        """Database, sessions, people, processes; everything but the traffic."""
        deployment = Deployment(
            {
                example.SOURCE: Store(source.config(prefix=example.PREFIX, codec="json"), source.secrets),
                example.TARGET: Store(target.config(codec="json"), target.secrets),
            },
            {example.CATALOGUE: catalogue_on(target)},
        )
        path = self._description
        deployment.write(path)
        installation.prepare_database()
        web = installation.start_web()  # they get ready while the rest is prepared
        installation.start_dispatcher()
        installation.start_beat()
        for number in range(1, WORKERS + 1):
            installation.start_worker(number, f"session.verify.before:wait:{self.go}" if self.wishes.corrupt else "")
        processes = installation.processes
        filled = json.loads(processes.run("fill", [*TRAFFIC, "fill", str(path)]))["sessions"]
        self.terminal.say(f"The example deployment has {filled:,} live sessions in Redis.")
        seeded = json.loads(processes.run("seed", manage_command("demo", "--seed-only", "--deployment", str(path))))
        installation.wait_until_ready(web)
        self.terminal.say(f"Web, dispatcher and {WORKERS} workers are up: {installation.url}")
        deployment.write(path, {"url": installation.url, "name": example.ROUTE, "token": seeded["route_token"]})

    @property
    def _description(self) -> Path:
        return self.wishes.directory / "deployment.json"

    def _start_traffic(self, installation: Installation) -> Process:
        return installation.processes.start("traffic", [*TRAFFIC, "traffic", str(self._description)])

    def _sabotage(self, target: PostgresServer) -> Callable[[frozenset[str]], None]:
        """With `--corrupt`: once verification is about to begin, flip one byte on the target, then let it begin."""

        def strike(live: frozenset[str]) -> None:
            if self.wishes.corrupt and "verify" in live and not self.go.exists():
                flip_one_byte(target.url)
                self.terminal.say("Flipping one byte of one value on the target, behind everybody's back.")
                self.go.touch()

        return strike

    def _tell(self, ended: Ended, found: Recount | None, traffic: dict[str, Any], seconds: float) -> int:
        say = self.terminal.say
        say()
        say(f"run {ended.run_id} ended as {ended.state} after {ended.seconds} s (the whole story took {seconds:.0f} s)")
        say(
            f"traffic: {traffic['reads']:,} reads, {traffic['writes']:,} writes, failed: {traffic['failed']}, "
            f"lost: {traffic['lost']}, longest wait {traffic['slowest_ms']} ms"
        )
        for failure in traffic["failures"]:
            say(f"  failed: {failure}")
        if found is None:
            say(f"sessions moved: 0, because: {message_of(ended.error)}")
            for line in named_differences(ended):
                say(f"  {line}")
            return 1
        say(f"sessions moved: {ended.number('transfer', 'sessions'):,}")
        say(
            f"verified: {ended.number('prove', 'compared'):,} compared both ways by the run, before the first hand-over"
        )
        say(f"writes waited: {ended.number('switch', 'longest_pause_ms'):,} ms at the longest of the hand-overs")
        say(
            f"counted on the target over a connection of its own: {found.on_target:,} live sessions, "
            f"{found.compared:,} held against the source one by one"
        )
        say(f"mismatches: {found.mismatches}")
        say(f"duration: {ended.seconds} s")
        return 1 if found.mismatches or traffic["failed"] or traffic["lost"] else 0

    def _stay(self, installation: Installation) -> None:
        """Put work in every state on show, then leave the pages up until somebody has seen enough."""
        say = self.terminal.say
        say()
        say("Running a few small migrations more, so that there is work in every state; traffic and orders go on.")
        self._start_traffic(installation)
        files = self.wishes.directory / "files" / "example"
        orders = [str(path_in(files, name)) for name in (databases.OLD, databases.NEW)]
        installation.processes.start("orders", [*ORDERS, *orders])
        installation.processes.run("play", manage_command("demo", "--play"))
        say()
        say(f"Look around: {installation.url}   (Ctrl-C stops every process)")
        for login in PEOPLE:
            say(f"  {login.role.value:<9} {login.username:<16} {login.password}")
        while not self.leave.wait(LOOK_AGAIN_SECONDS):
            for process in installation.processes.ended():
                raise ProcessFailed(process.how_it_ended)


def catalogue_on(server: PostgresServer) -> Store:
    """A database of its own, so that it belongs to another environment than the sessions beside it."""
    server.create_database(example.CATALOGUE)
    address = {"host": server.host, "port": server.port, "database": example.CATALOGUE, "username": server.username}
    return Store({"engine": "postgres", **address}, server.secrets)


def summary_of(traffic: Process) -> dict[str, Any]:
    """The one line that the traffic leaves when it was told to end. Raises ProcessFailed when there is none."""
    lines = traffic.tail(1)
    if not lines.startswith("{"):
        raise ProcessFailed(f"the traffic ended without a summary:\n{traffic.tail()}")
    summary: dict[str, Any] = json.loads(lines)
    return summary


def named_differences(ended: Ended) -> list[str]:
    """What the verification named: the kind of each difference and the session's keyed fingerprint, never its id."""
    details = (ended.error or {}).get("details", {})
    return [f"{one['kind']}: session {one['fingerprint']}" for one in details.get("differences", ())]


def is_checkout() -> bool:
    """The example deployment travels with the source, not with the wheel."""
    return any((Path(place) / "examples" / "deployment").is_dir() for place in sys.path)
