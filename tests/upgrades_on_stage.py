"""A service in dev whose configuration, code and pool of real workers are targets, upgraded by real runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from migrations_app.engine.vocabulary import RunState, TargetKind
from migrations_app.models import Environment, Run
from migrations_app.services import planning, runs, targets
from migrations_app.services.drafts import MigrationDraft
from tests.cast import Cast
from tests.configurations_on_disk import work
from tests.handlers.upgrade.places import QUICK, Upgrade, service


@dataclass(frozen=True)
class UpgradeStage:
    """`targets` maps each role to the id of its target."""

    cast: Cast
    environment: Environment
    upgrade: Upgrade
    targets: dict[str, int]

    def draft(self, **given: Any) -> MigrationDraft:
        values: dict[str, Any] = {
            "title": "Upgrade to 0.13",
            "environment_id": self.environment.pk,
            "type": "version_upgrade",
            "targets": self.targets,
            "parameters": {"from_version": "0.8.8", "to_version": "0.13", **QUICK},
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
        made = runs.execute_migration(actor=actor, now=datetime.now(UTC), migration_id=migration_id)
        work()
        run = Run.objects.get(pk=made)
        assert run.state == ends, run.error
        return run


@pytest.fixture
def service_to_upgrade(cast: Cast, dev: Environment, now: datetime) -> Iterator[UpgradeStage]:
    """Configuration, code and two real workers as targets in dev, which asks for no approval."""
    with service(workers=2) as upgrade:
        made = {
            role: targets.create(
                actor=cast.actors["admin"],
                now=now,
                environment_id=dev.pk,
                name=target.name,
                kind=TargetKind(target.kind),
                config=target.config,
            )
            for role, target in upgrade.targets.items()
        }
        yield UpgradeStage(cast, dev, upgrade, made)
