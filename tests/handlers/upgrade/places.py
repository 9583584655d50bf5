"""A service to upgrade: its configuration and code on a disk, and a pool of real worker processes."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.handler import Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Target
from migrations_app.engine.planner import PlannedMigration, create_plan
from migrations_app.engine.vocabulary import MigrationType, RunKind, TargetKind
from migrations_app.handlers.upgrade.handler import VersionUpgrade
from migrations_app.handlers.upgrade.parameters import CONFIGURATION, PARAMETERS, POOL, PROJECT
from migrations_app.pools.base import Release
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.memory import ManualClock, MemoryArtifacts
from tests.handlers.config.places import BEFORE
from tests.pools.process_pool import ProcessPool

OLD = Release("0.8.8", "1")
CODE = {
    "mix.exs": b'[{:snakepit, "~> 0.8"}]\n',
    "lib/shop.ex": b"defmodule Shop do\n  def ask(a), do: Snakepit.execute(a, %{})\nend\n",
}
QUICK = {"healthy_answers": 1, "soak_seconds": 0, "start_seconds": 120, "drain_seconds": 120, "surge": 1}


@dataclass
class Upgrade:
    """`place` holds `config/` and `project/`."""

    place: Path
    pool: ProcessPool
    parameters: Mapping[str, Any] = field(default_factory=dict)
    with_project: bool = True
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    clock: ManualClock = field(default_factory=ManualClock)
    handler: VersionUpgrade = field(default_factory=VersionUpgrade)

    def lay(self, code: Mapping[str, bytes] = CODE) -> None:
        for folder, contents in (("config", BEFORE), ("project", code)):
            for name, content in contents.items():
                path = self.place / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    @property
    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.place / "config").iterdir())}

    @property
    def releases(self) -> set[str]:
        """The versions that workers run."""
        with self.pool.open(read_only=True) as pool:
            return {worker.release.version for worker in pool.view().workers if worker.release}

    @property
    def targets(self) -> dict[str, Target]:
        roots = (self.place,)
        configuration = {"path": str(self.place / "config" / "config.exs")}
        found = {
            CONFIGURATION: Target(7, "shop-config", TargetKind.CONFIG_FILE, "staging", configuration, roots=roots),
            POOL: Target(8, "shop-pool", TargetKind.WORKER_POOL, "staging", self.pool.config, self.pool.secrets),
        }
        if self.with_project:
            code = {"path": str(self.place / "project")}
            found[PROJECT] = Target(9, "shop", TargetKind.ADAPTER_PROJECT, "staging", code, roots=roots)
        return found

    @property
    def spec(self) -> Spec:
        wanted = {"from_version": "0.8.8", "to_version": "0.13", **QUICK, **self.parameters}
        return Spec(
            type=MigrationType.UPGRADE,
            handler="upgrade",
            environment="staging",
            protected=False,
            targets=self.targets,
            parameters=parse(PARAMETERS, wanted, path="parameters")[0],
            options=engine_options.effective({}, {})[0],
            artifacts=self.artifacts,
        )

    def plan(self) -> PlannedMigration:
        return create_plan(self.spec, self.handler)

    def begin(
        self, *, kind: RunKind = RunKind.APPLY, run_id: int = 1, undoes: LocalRun | None = None, **more: Any
    ) -> LocalRun:
        plan = undoes.plan if undoes else self.plan().plan
        return LocalRun(
            self.handler,
            plan,
            self.targets,
            kind=kind,
            run_id=run_id,
            undoes=undoes,
            clock=self.clock,
            artifacts=self.artifacts,
            **more,
        )


@contextmanager
def service(*, workers: int = 3, **versions: Any) -> Iterator[Upgrade]:
    """`versions` beside 0.8.8 and 0.13.0, or instead of them, as the example's pool takes them."""
    with tempfile.TemporaryDirectory() as name:  # a short path: sockets lie in it; where files may be targets
        place = Path(name)
        (place / "pool").mkdir()
        known = {"0.8.8": {"starting_ms": 0}, "0.13.0": {"starting_ms": 0}, **versions}
        pool = ProcessPool(place / "pool", workers=workers, most=workers + 2, **known)
        pool.settings["release"] = OLD.as_dict()
        with pool:
            made = Upgrade(place, pool)
            made.lay()
            yield made
