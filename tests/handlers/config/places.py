"""Configurations on a disk, as targets, and runs over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.handler import Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Target
from migrations_app.engine.planner import PlannedMigration, create_plan
from migrations_app.engine.vocabulary import MigrationType, RunKind, TargetKind
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.handlers.config.parameters import PARAMETERS, TARGET
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.memory import ManualClock, MemoryArtifacts

# Written for 0.8.8: the first file and one that it imports change, the others stay as they are.
FIRST = b"""import Config

# Who serves what
config :snakepit,
  pooling_enabled: true,
  adapter_module: Snakepit.Adapters.GRPCPython,
  grpc_port: 50_051,
  grpc_host: "localhost",
  pool_config: %{
    pool_size: 4, # four are enough
    adapter_args: ["--adapter", "shop.adapter.Shop"]
  }

config :logger, level: :info

import_config "#{config_env()}.exs"
"""
PROD = b"""import Config

config :snakepit, grpc_request_timeout_of_ours: System.get_env("SHOP_TIMEOUT")
config :snakepit, pool_queue_timeout: 5000 # as before
config :snakepit, python_packages: [timeout: 1000, installer: :uv]
"""
QUIET = b"import Config\n\nconfig :logger, level: :debug\n"
BEFORE: Mapping[str, bytes] = {"config.exs": FIRST, "dev.exs": QUIET, "prod.exs": PROD, "test.exs": QUIET}


@dataclass
class Rewrite:
    """One configuration and what is wanted of it. `contents` is what lies on the disk, by name."""

    place: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    clock: ManualClock = field(default_factory=ManualClock)
    handler: ConfigMigration = field(default_factory=ConfigMigration)
    first: str = "config.exs"

    def lay(self, contents: Mapping[str, bytes] = BEFORE) -> None:
        for name, content in contents.items():
            (self.place / name).write_bytes(content)

    @property
    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.place.iterdir())}

    @property
    def target(self) -> Target:
        config = {"path": str(self.place / self.first)}
        return Target(7, "shop-config", TargetKind.CONFIG_FILE, "staging", config, roots=(self.place,))

    @property
    def spec(self) -> Spec:
        wanted = {"from_version": "0.8.8", "to_version": "0.13", **self.parameters}
        return Spec(
            type=MigrationType.CONFIG,
            handler="config",
            environment="staging",
            protected=False,
            targets={TARGET: self.target},
            parameters=parse(PARAMETERS, wanted, path="parameters")[0],
            options=engine_options.effective(self.options, {})[0],
            artifacts=self.artifacts,
        )

    def plan(self) -> PlannedMigration:
        return create_plan(self.spec, self.handler)

    def begin(
        self,
        *,
        kind: RunKind = RunKind.APPLY,
        run_id: int = 1,
        planned: PlannedMigration | None = None,
        undoes: LocalRun | None = None,
    ) -> LocalRun:
        plan = undoes.plan if undoes else (planned or self.plan()).plan
        return LocalRun(
            self.handler,
            plan,
            {TARGET: self.target},
            kind=kind,
            run_id=run_id,
            undoes=undoes,
            clock=self.clock,
            artifacts=self.artifacts,
        )
