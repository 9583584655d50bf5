"""An action's context outside a run."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import ActionContext, Spec
from migrations_app.engine.plan import Step
from migrations_app.engine.ports import Artifacts, run_scope
from migrations_app.engine.vocabulary import StepKind
from migrations_app.testing.memory import ManualClock, MemoryArtifacts, MemoryRoutes, MemoryRun
from tests.handlers.data.cases import spec
from tests.handlers.session.contexts import Log, Notebook


def context(
    given: Spec | None = None,
    *,
    step: Step | None = None,
    parameters: Mapping[str, Any] | None = None,
    artifacts: Artifacts | None = None,
    run_id: int = 7,
    **changes: Any,
) -> ActionContext:
    wanted = given or spec(**(parameters or {}))
    clock = ManualClock()
    values: dict[str, Any] = {
        "run_id": run_id,
        "step": step or Step("copy_01", StepKind.MIGRATION, "Copy orders", "copy", {"tables": ["orders"]}),
        "options": wanted.options,
        "parameters": wanted.parameters,
        "targets": wanted.targets,
        "results": {},
        "checkpoint": {},
        "worker": MemoryRun(clock).claim(run_scope(run_id)),
        "progress": Notebook(),
        "log": Log(),
        "clock": clock,
        "artifacts": artifacts or MemoryArtifacts(),
        "routes": MemoryRoutes(),
    }
    return ActionContext(**{**values, **changes})
