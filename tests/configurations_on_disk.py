"""A configuration in dev as a target, migrated by real runs: plans of the real handler, driven as workers do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Environment, Lease, Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.services import driving, planning, runs, targets
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from tests.cast import Cast
from tests.handlers.config.places import BEFORE


def work() -> None:
    """Drive whatever is due, as workers would."""
    for _ in range(100):
        due = Lease.objects.filter(due_at__isnull=False).order_by("run", "step", "partition").first()
        if due is None:
            return
        driving.drive(scope=Scope.of(due), clock=SystemClock())
    raise TimeoutError("the runs did not end")


@dataclass(frozen=True)
class ConfigurationStage:
    """`contents` is what lies on the disk, by name."""

    cast: Cast
    environment: Environment
    place: Path
    target_id: int

    @property
    def operator(self) -> Actor:
        return self.cast.actors["operator"]

    @property
    def contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.place.iterdir())}

    def draft(self, title: str = "Rewrite for 0.13", **parameters: Any) -> MigrationDraft:
        return MigrationDraft(
            title=title,
            environment_id=self.environment.pk,
            type="config_migration",
            targets={"target": self.target_id},
            parameters=parameters or {"from_version": "0.8.8", "to_version": "0.13"},
        )

    def planned(self, title: str = "Rewrite for 0.13", **parameters: Any) -> int:
        draft = self.draft(title, **parameters)
        return planning.create_and_plan(actor=self.operator, now=datetime.now(UTC), draft=draft).migration_id

    def run(self, migration_id: int, *, ends: RunState = RunState.SUCCEEDED) -> Run:
        """After the dry run that every start asks for."""
        runs.validate_migration(actor=self.operator, now=datetime.now(UTC), migration_id=migration_id)
        work()
        made = runs.execute_migration(actor=self.operator, now=datetime.now(UTC), migration_id=migration_id)
        return self._ended(made, ends)

    def roll_back(self, migration_id: int, *, ends: RunState = RunState.ROLLED_BACK) -> Run:
        made = runs.rollback_migration(actor=self.operator, now=datetime.now(UTC), migration_id=migration_id)
        return self._ended(made, ends)

    def _ended(self, run_id: int, ends: RunState) -> Run:
        work()
        run = Run.objects.get(pk=run_id)
        assert run.state == ends, run.error
        return run


def configuration_stage(cast: Cast, environment: Environment, place: Path, now: datetime) -> ConfigurationStage:
    place.mkdir(parents=True)
    for name, content in BEFORE.items():
        (place / name).write_bytes(content)
    made = targets.create(
        actor=cast.actors["admin"],
        now=now,
        environment_id=environment.pk,
        name="shop-config",
        kind="config_file",
        config={"path": str(place / "config.exs")},
    )
    return ConfigurationStage(cast, environment, place, made)
