"""Moving real sessions between real servers with the real executor, over the ports in memory."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import erldistpy  # type: ignore[import-untyped]

from migrations_app.engine.executor import Executor, Limits, Outcome, OutcomeKind, RunBrief
from migrations_app.engine.handler import Spec
from migrations_app.engine.journal import EventType, NewEvent, fold
from migrations_app.engine.options import defaults
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.ports import RouteRecord, WorkerToken, partition_scope, run_scope
from migrations_app.engine.run_view import ParkedFor, RunView
from migrations_app.engine.vocabulary import MigrationType, RoutePhase, RunKind, RunState, Signal, TargetKind
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.handlers.session.parameters import PARAMETERS
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.records import Codec, SessionRecord
from migrations_app.testing.memory import MemoryArtifacts, MemoryRoutes, MemoryRun, ports

KEY = b"a key of the tests, and of no other place"
ROUTE = "sessions"
SEEDER = WorkerToken("seed", 1)
HOUR_MS = 3_600_000
_numbers = itertools.count(1)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def number() -> int:
    return next(_numbers)


def place(config: Mapping[str, Any], secrets: Mapping[str, str] | None = None, *, name: str = "") -> Target:
    id_ = number()
    return Target(id_, name or f"store-{id_}", TargetKind.SESSION_STORE, "test", dict(config), dict(secrets or {}))


@contextmanager
def opened(target: Target) -> Iterator[SessionStore]:
    with open_store(target.config, target.secrets) as store:
        store.raise_worker_fence(SEEDER)
        yield store


def sessions(count: int, *, size: int = 40, ttl_ms: int | None = None, prefix: str = "s") -> list[SessionRecord]:
    """Opaque sessions that end in one to two hours; every tenth never ends."""
    now = now_ms()
    return [
        SessionRecord(
            id=f"{prefix}-{index:07d}",
            value=f"{index}:".encode().ljust(size, b"\x80"),
            ttl_ms=ttl_ms,
            expires_at_ms=None if index % 10 == 0 and ttl_ms is None else now + HOUR_MS + index % HOUR_MS,
        )
        for index in range(count)
    ]


def erlang_sessions(count: int) -> list[SessionRecord]:
    """Sessions whose values are Erlang terms, with a sliding length of two hours and at least one left."""
    now = now_ms()
    return [
        SessionRecord(
            id=f"user-{index:05d}",
            value=erldistpy.encode({"metadata": {b"n": index, b"tags": [(1, index << 70), b"\xff"]}}),
            codec=Codec.ETF,
            created_at_ms=now - 5000,
            ttl_ms=2 * HOUR_MS,
            expires_at_ms=now + HOUR_MS + 1000 * index,
        )
        for index in range(count)
    ]


def fill(target: Target, records: list[SessionRecord]) -> None:
    """Sessions as services left them there, long before Snakeweb came."""
    with open_store(target.config, target.secrets) as store:
        store.initialise(SEEDER)
        for start in range(0, len(records), 1000):
            store.apply(records[start : start + 1000], SEEDER)


def content(target: Target) -> dict[str, tuple[bytes, int | None]]:
    """Value and deadline of every live session."""
    with open_store(target.config, target.secrets, read_only=True) as store:
        if not store.probe().exists:
            return {}
        held: dict[str, tuple[bytes, int | None]] = {}
        cursor, last = "", False
        while not last:
            page = store.scan(cursor, 1000)
            held.update({record.id: (record.value, record.expires_at_ms) for record in page.records})
            cursor, last = page.cursor, page.last
        return held


@dataclass
class Move:
    """One migration in a world of its own; `run` drives it to its end and answers what became of it."""

    source: Target
    target: Target
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    confirm: bool = True
    routes: MemoryRoutes = field(default_factory=MemoryRoutes)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    extra: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(backoff_seconds=0.0))
    clock: SystemClock = field(default_factory=SystemClock)
    run_id: int = field(default_factory=number)
    handler: SessionMigration = field(default_factory=SessionMigration)
    clients: list[MemoryRouteSource] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.extra.setdefault("unacknowledged", self._behind)
        given = {"route": ROUTE, "settle_ms": 0, **self.parameters}
        values, problems = parse(PARAMETERS, given, path="parameters")
        assert not problems
        chosen = {"batch_size": 200, "parallel_workers": 1, "dry_run_required": False, **self.options}
        self.spec = Spec(
            MigrationType.SESSION,
            "session",
            "test",
            False,
            {"source": self.source, "target": self.target},
            values,
            {**defaults(), **chosen},
        )

    @property
    def plan(self) -> Plan:
        steps = tuple(self.handler.steps(self.spec, self.handler.analyze(self.spec)))
        refs = tuple(target.ref(role) for role, target in self.spec.targets.items())
        return Plan(
            environment="test",
            type=MigrationType.SESSION,
            handler=self.handler.name,
            handler_version=self.handler.version,
            options=self.spec.options,
            parameters=self.spec.parameters,
            targets=refs,
            steps=steps,
            rollback_steps=(),
            claims=(),
        )

    def begin(self, kind: RunKind = RunKind.APPLY, undoing: "Run | None" = None) -> "Run":
        run_id = number() + self.run_id
        plan = undoing.brief.plan if undoing else self.plan
        prior = undoing.view if undoing else None
        brief = RunBrief(
            run_id=run_id,
            kind=kind,
            plan=plan,
            targets=self.spec.targets,
            prior_results=prior.results if prior else {},
            prior_started=tuple(step.id for step in prior.steps if step.was_started) if prior else (),
            undoes=undoing.brief.run_id if undoing else None,
        )
        run = Run(self, brief, MemoryRun(self.clock, plan))
        run.memory.queue()
        return run

    def run(self) -> "Run":
        run = self.begin()
        run.drive()
        return run

    def roll_back(self, run: "Run") -> "Run":
        back = self.begin(RunKind.ROLLBACK, run)
        back.drive()
        return back

    @property
    def route(self) -> RouteRecord | None:
        return self.routes.get(ROUTE)

    def deploy(self) -> None:
        """The route as services have followed it all along: plain, and served by the source."""
        first = RouteRecord(ROUTE, 1, RoutePhase.PLAIN_A, "a", {"a": self.source.name})
        self.routes.publish(first, expected_epoch=None)

    def _behind(self, name: str, epoch: int) -> list[str]:
        """What the runtime reads from the leases: clients with operations under way that go by an older record."""
        return [f"client {at}" for at, source in enumerate(self.clients) if source.acknowledged() < epoch]

    def client(self, **values: Any) -> SessionRouter:
        follower = MemoryRouteSource(self.routes, ROUTE)
        self.clients.append(follower)
        return SessionRouter(
            follower,
            {"a": self.source.config, "b": self.target.config},
            secrets={"a": self.source.secrets, "b": self.target.secrets},
            **values,
        )


@dataclass
class Run:
    move: Move
    brief: RunBrief
    memory: MemoryRun

    @property
    def view(self) -> RunView:
        return fold(self.memory.events, self.brief.plan)

    @property
    def state(self) -> RunState | None:
        return self.view.state

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.view.error or {})

    def result(self, step: str) -> dict[str, Any]:
        return dict(self.view.results[step])

    def executor(self, scope: str) -> Executor:
        worker = self.memory.claim(scope)
        move = self.move
        extra = {"fingerprint_key": KEY, **move.extra}
        outside = ports(self.memory, worker, artifacts=move.artifacts, routes=move.routes, extra=extra)
        return Executor(self.brief, move.handler, outside, worker, move.limits)

    def drive_once(self) -> Outcome:
        return self.executor(run_scope(self.brief.run_id)).drive()

    def drive(self, until: Callable[["Run"], bool] = lambda run: False) -> None:
        """Drive as dispatcher and workers would, until the run has ended or `until` says so between drives."""
        for _ in range(500):
            outcome = self.drive_once()
            if outcome.kind is OutcomeKind.FINISHED or until(self):
                return
            if outcome.kind is OutcomeKind.SUPERSEDED:
                raise AssertionError(outcome.reason)
            if outcome.reason == ParkedFor.CONFIRMATION:
                self.decide("approve" if self.move.confirm else "reject")
            elif outcome.reason == ParkedFor.PAUSE:
                self.memory.signal = Signal.NONE
            self.drive_partitions(outcome)
        raise AssertionError("the run did not end")

    def drive_partitions(self, outcome: Outcome) -> None:
        """One after the other: the journal in memory is not made for several threads."""
        for step, index in outcome.partitions:
            self._drive_partition(step, index)

    def _drive_partition(self, step: str, index: int) -> None:
        while self.executor(partition_scope(self.brief.run_id, step, index)).drive_partition(step, index).kind is (
            OutcomeKind.YIELDED
        ):
            continue

    def decide(self, decision: str) -> None:
        step = self.view.current_step
        self.memory.write(NewEvent(EventType.CONFIRMATION_GIVEN, step, payload={"decision": decision}))


class Traffic(threading.Thread):
    """A service: creates, changes, touches and ends sessions through the client until it is told to stop.

    `alive` maps each session that it acknowledged to the value written last; `ended` are those it deleted.
    """

    def __init__(self, move: Move, *, prefix: str = "live", budget: float = 30.0) -> None:
        super().__init__(daemon=True)
        self._move = move
        self._prefix = prefix
        self._budget = budget
        self._enough = threading.Event()
        self.alive: dict[str, bytes] = {}
        self.ended: set[str] = set()
        self.operations = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with self._move.client(retry_budget_seconds=self._budget) as client:
                while not self._enough.is_set():
                    self._operate(client, self.operations)
                    self.operations += 1
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self.failure = error

    def _operate(self, client: SessionRouter, turn: int) -> None:
        id_ = f"{self._prefix}-{turn % 50:03d}"
        if turn % 7 == 3 and id_ in self.alive:
            client.delete(id_)
            del self.alive[id_]
            self.ended.add(id_)
        elif turn % 5 == 1 and id_ in self.alive:
            client.touch(id_, HOUR_MS + turn)
        else:
            value = f"turn {turn}".encode()
            client.set(id_, value, ttl_ms=HOUR_MS)
            self.alive[id_] = value
            self.ended.discard(id_)

    def wait_for(self, operations: int) -> None:
        ends = time.monotonic() + 20
        while self.operations < operations and self.is_alive():
            assert time.monotonic() < ends, "the traffic stands still"
            self._enough.wait(0.005)

    def __enter__(self) -> "Traffic":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join()
        if self.failure is not None:
            raise self.failure
