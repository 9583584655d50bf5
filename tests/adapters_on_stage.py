"""A project with an adapter in dev, migrated by real runs: services, journal in the database, encrypted artifacts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.vocabulary import RunState, TargetKind
from migrations_app.models import Environment, Run
from migrations_app.services import planning, runs, targets
from migrations_app.services.drafts import MigrationDraft
from tests.cast import Cast
from tests.configurations_on_disk import work
from tests.handlers.adapter.places import QUICK, Shop


@dataclass(frozen=True)
class AdapterStage:
    """`target` is the project's id."""

    cast: Cast
    environment: Environment
    shop: Shop
    target: int

    def draft(self, **given: Any) -> MigrationDraft:
        values: dict[str, Any] = {
            "title": "Serve the shop's tools by the generic adapter",
            "environment_id": self.environment.pk,
            "type": "adapter_migration",
            "targets": {"project": self.target},
            "parameters": QUICK,
            **given,
        }
        return MigrationDraft(**values)

    def planned(self, **given: Any) -> int:
        actor, draft = self.cast.actors["operator"], self.draft(**given)
        return planning.create_and_plan(actor=actor, now=datetime.now(UTC), draft=draft).migration_id

    def run(self, migration_id: int, *, ends: RunState = RunState.SUCCEEDED) -> Run:
        """After the dry run that every start asks for."""
        actor = self.cast.actors["operator"]
        runs.validate_migration(actor=actor, now=datetime.now(UTC), migration_id=migration_id)
        work()
        return self._ended(runs.execute_migration(actor=actor, now=datetime.now(UTC), migration_id=migration_id), ends)

    def roll_back(self, migration_id: int) -> Run:
        actor = self.cast.actors["operator"]
        made = runs.rollback_migration(actor=actor, now=datetime.now(UTC), migration_id=migration_id)
        return self._ended(made, RunState.ROLLED_BACK)

    def _ended(self, run_id: int, ends: RunState) -> Run:
        work()
        run = Run.objects.get(pk=run_id)
        assert run.state == ends, run.error
        return run


@pytest.fixture
def adapter_to_migrate(cast: Cast, dev: Environment, now: datetime, tmp_path: Path) -> AdapterStage:
    """In dev, which asks for no approval."""
    shop = Shop(tmp_path)
    shop.lay()
    made = targets.create(
        actor=cast.actors["admin"],
        now=now,
        environment_id=dev.pk,
        name="shop",
        kind=TargetKind.ADAPTER_PROJECT,
        config={"path": str(shop.root)},
    )
    return AdapterStage(cast, dev, shop, made)
