"""Zero-downtime moves between real stores: the real executor and background drivers over the ports in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.executor import Executor
from migrations_app.engine.ports import BACKGROUND, RouteClient, WorkerToken, partition_scope
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource
from migrations_app.testing.live import MemoryLive
from migrations_app.testing.memory import ports
from tests.handlers.session.contexts import Log
from tests.handlers.session.moves import KEY, ROUTE, Move, Run

#: Pauses are wide, so that a busy machine closes no gate and aborts no hand-over.
QUICK = {
    "canary_soak_ms": 0,
    "soak_ms": 0,
    "legacy_watch_ms": 0,
    "settle_ms": 5,
    "pause_target_ms": 2000,
    "pause_limit_ms": 5000,
}


@dataclass
class ZeroMove(Move):
    """`live` holds the person's order and the panels; `background` decides whether relay and verifier run beside."""

    live: MemoryLive = field(default_factory=MemoryLive)
    background: bool = True

    def __post_init__(self) -> None:
        self.options = {"zero_downtime": True, "backup_enabled": False, **self.options}
        self.parameters = {**QUICK, **self.parameters}
        super().__post_init__()
        self.live.followers = self._followers

    def begin(self, *args: Any, **kwargs: Any) -> "ZeroRun":
        run = super().begin(*args, **kwargs)
        zero = ZeroRun(run.move, run.brief, run.memory)
        if self.background:
            self.live.attend(self.handler.background(), zero.background_context)
        return zero

    def _followers(self) -> list[RouteClient]:
        return [
            RouteClient(f"client-{at}", "boot", source.acknowledged(), 0, is_live=True)
            for at, source in enumerate(self.clients)
        ]

    def router(self, **values: Any) -> SessionRouter:
        follower = MemoryRouteSource(self.routes, ROUTE)
        self.clients.append(follower)
        return SessionRouter(
            follower,
            {"a": self.source.config, "b": self.target.config},
            secrets={"a": self.source.secrets, "b": self.target.secrets},
            **values,
        )

    @property
    def phase(self) -> RoutePhase:
        assert self.route is not None
        return self.route.phase

    @contextmanager
    def pair(self, token: int = 1, scope: str = "test") -> Iterator[Pair]:
        with opened(self.spec.targets, WorkerToken(scope, token)) as pair:
            yield pair


@dataclass
class ZeroRun(Run):
    def executor(self, scope: str) -> Executor:
        worker = self.memory.claim(scope)
        move = self.move
        assert isinstance(move, ZeroMove)
        extra = {"fingerprint_key": KEY, **move.extra}
        outside = ports(self.memory, worker, artifacts=move.artifacts, routes=move.routes, live=move.live, extra=extra)
        return Executor(self.brief, move.handler, outside, worker, move.limits)

    def background_context(self, name: str, alive: Callable[[], None]) -> BackgroundContext:
        move = self.move
        assert isinstance(move, ZeroMove)
        return BackgroundContext(
            run_id=self.brief.run_id,
            options=self.brief.plan.options,
            parameters=self.brief.plan.parameters,
            targets=self.brief.targets,
            worker=self.memory.claim(partition_scope(self.brief.run_id, BACKGROUND + name, 0)),
            clock=move.clock,
            routes=move.routes,
            live=move.live,
            log=Log(),
            alive=alive,
            extra={"fingerprint_key": KEY},
        )
