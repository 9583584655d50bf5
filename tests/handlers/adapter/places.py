"""A project to migrate: an adapter, its callers and a configuration on a disk, as a target, and runs over it."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Target
from migrations_app.engine.planner import PlannedMigration, create_plan
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import MigrationType, RunKind, RunState, TargetKind
from migrations_app.handlers.adapter.handler import AdapterMigration
from migrations_app.handlers.adapter.parameters import PARAMETERS, POOL, PROJECT
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.memory import ManualClock, MemoryArtifacts

ADAPTER = b'''"""The shop's tools."""

import math

from snakepit_bridge.base_adapter import BaseAdapter, tool


class Shop(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)

    @tool(description="A square root, rounded.")
    def root(self, x: float, digits: int = 3) -> float:
        return round(math.sqrt(float(x)), digits)

    @tool(description="An area.")
    def area(self, width: int, height: int) -> dict:
        return {"area": width * height}
'''
MANUAL = b"""
    @tool(description="A sum.")
    def total(self, numbers: list) -> int:
        result = 0
        for one in numbers:
            result += one
        return result
"""
FIRST = b"""from shop.adapter import Shop


def room(width, height):
    # as the catalogue says
    return Shop().area(width, height)["area"]
"""
SECOND = b"""from shop.adapter import Shop

print(Shop().execute_tool("root", {"x": 2}, None))
"""
POOLS = b"""import Config

# who serves the shop's tools
config :snakepit,
  pooling_enabled: true,
  pools: [
    %{
      name: :default,
      pool_size: 2,
      adapter_module: Snakepit.Adapters.GRPCPython,
      adapter_args: ["--adapter", "shop.adapter.Shop"]
    }
  ]
"""
CODE: Mapping[str, bytes] = {
    "README.md": b"# The shop\n",
    "shop/__init__.py": b"",
    "shop/adapter.py": ADAPTER,
    "client/room.py": FIRST,
    "client/show.py": SECOND,
    "config/config.exs": POOLS,
    "mix.exs": b'[{:snakepit, "~> 0.13"}]\n',
}
QUICK = {"equivalence": "off"}
ROLL = {"healthy_answers": 1, "soak_seconds": 0, "start_seconds": 120, "drain_seconds": 120, "surge": 1}


@dataclass
class Shop:
    """`place` holds `project/`."""

    place: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    pool: Target | None = None
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    clock: ManualClock = field(default_factory=ManualClock)
    handler: AdapterMigration = field(default_factory=AdapterMigration)

    @property
    def root(self) -> Path:
        return self.place / "project"

    def lay(self, **more: bytes) -> None:
        """`more`: files by their path, with __ for slashes and _dot_ for dots."""
        named = {name.replace("__", "/").replace("_dot_", "."): content for name, content in more.items()}
        for name, content in {**CODE, **named}.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (self.root / "client/show.py").chmod(0o755)

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every file and directory with its permissions and content, version control apart."""
        return {
            path.relative_to(self.root).as_posix(): (
                stat.S_IMODE(path.lstat().st_mode),
                path.read_bytes() if path.is_file() else b"",
            )
            for path in self.root.rglob("*")
            if ".git" not in path.relative_to(self.root).parts
        }

    @property
    def targets(self) -> dict[str, Target]:
        config = {"path": str(self.root)}
        project = Target(9, "shop", TargetKind.ADAPTER_PROJECT, "staging", config, roots=(self.place,))
        return {PROJECT: project, **({POOL: self.pool} if self.pool else {})}

    @property
    def spec(self) -> Spec:
        return Spec(
            type=MigrationType.ADAPTER,
            handler="adapter",
            environment="staging",
            protected=False,
            targets=self.targets,
            parameters=parse(PARAMETERS, {**QUICK, **self.parameters}, path="parameters")[0],
            options=engine_options.effective(self.options, {})[0],
            artifacts=self.artifacts,
        )

    def plan(self) -> PlannedMigration:
        return create_plan(self.spec, self.handler)

    def problems(self) -> set[tuple[str, str]]:
        """Field and code of everything that speaks against the plan."""
        try:
            self.plan()
        except ValidationFailed as refused:
            return {(problem.field, problem.code) for problem in refused.problems}
        return set()

    def begin(
        self, *, kind: RunKind = RunKind.APPLY, run_id: int = 1, undoes: LocalRun | None = None, **more: Any
    ) -> LocalRun:
        return LocalRun(
            self.handler,
            undoes.plan if undoes else self.plan().plan,
            self.targets,
            kind=kind,
            run_id=run_id,
            undoes=undoes,
            clock=self.clock,
            artifacts=self.artifacts,
            **more,
        )


def finished(run: LocalRun, state: RunState = RunState.SUCCEEDED, **more: Any) -> RunView:
    view = run.finish(**more)
    assert view.state is state, (view.state, view.error)
    return view
