"""An action's context outside a run: it remembers what was saved, and may be told to interrupt."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import ActionContext, Progress
from migrations_app.engine.ports import RouteRecord, run_scope
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.testing.memory import MemoryRun
from tests.handlers.session.moves import KEY, ROUTE, Move


class Notebook(Progress):
    """Keeps each checkpoint; `interrupt` maps the number of a save (from 1) to what it raises."""

    def __init__(self, interrupt: Mapping[int, BaseException] | None = None) -> None:
        self.saved: list[dict[str, Any]] = []
        self._interrupt = dict(interrupt or {})

    def save(self, checkpoint: Mapping[str, Any], **_: Any) -> None:
        self.saved.append(dict(checkpoint))
        if len(self.saved) in self._interrupt:
            raise self._interrupt[len(self.saved)]

    def alive(self) -> None:
        """Nobody watches."""

    @property
    def last(self) -> dict[str, Any]:
        return self.saved[-1] if self.saved else {}


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str) -> None:
        self.lines.append(message)

    def warning(self, message: str) -> None:
        self.lines.append(message)


def context(
    move: Move,
    step: str = "switch",
    *,
    route: tuple[RoutePhase, str] | None = None,
    progress: Notebook | None = None,
    checkpoint: Mapping[str, Any] | None = None,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    token: int = 1,
    **changes: Any,
) -> ActionContext:
    """The context of `step`; with `route`, that record is published first (epoch 1)."""
    plan_step = next(s for s in move.handler.steps(move.spec, move.handler.analyze(move.spec)) if s.id == step)
    run = MemoryRun(move.clock)
    run.tokens[run_scope(move.run_id)] = token - 1
    if route is not None and move.route is None:
        stores = {"a": move.source.name, "b": move.target.name}
        move.routes.publish(RouteRecord(ROUTE, 1, *route, stores), expected_epoch=None)
    return ActionContext(
        run_id=move.run_id,
        step=plan_step,
        options=move.spec.options,
        parameters=move.spec.parameters,
        targets=move.spec.targets,
        results=results or {},
        checkpoint=checkpoint or {},
        worker=run.claim(run_scope(move.run_id)),
        progress=progress or Notebook(),
        log=Log(),
        clock=move.clock,
        artifacts=move.artifacts,
        routes=move.routes,
        extra={"fingerprint_key": KEY, **move.extra},
        **changes,
    )
