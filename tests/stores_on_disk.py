"""Migrations between two SQLite session stores: real files, planned by the real handler, no server needed."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from migrations_app.models import Environment, Migration, PlanRevision, Target
from migrations_app.services import migrations, planning, targets
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from tests.cast import Cast
from tests.session_runs import fill


@dataclass(frozen=True)
class Stage:
    """Two targets in one environment, and what it takes to author a migration between them."""

    cast: Cast
    environment: Environment
    source_id: int
    target_id: int
    now: datetime

    @property
    def operator(self) -> Actor:
        return self.cast.actors["operator"]

    def draft(self, **changes: Any) -> MigrationDraft:
        given: dict[str, Any] = {
            "title": "Move sessions",
            "environment_id": self.environment.pk,
            "targets": {"source": self.source_id, "target": self.target_id},
            "parameters": {"settle_ms": 0},
            "options": {"parallel_workers": 1, "batch_size": 10},
        }
        return MigrationDraft(**{**given, **changes})

    def migration(self, **changes: Any) -> Migration:
        """A draft of the operator."""
        made = migrations.create(actor=self.operator, now=self.now, draft=self.draft(**changes))
        return Migration.objects.get(pk=made)

    def planned(self, **changes: Any) -> Migration:
        """Planned by the operator."""
        migration = self.migration(**changes)
        planning.plan(actor=self.operator, now=self.now, migration_id=migration.pk)
        migration.refresh_from_db()
        return migration


def stage(cast: Cast, environment: Environment, directory: Path, now: datetime, *, sessions: int = 20) -> Stage:
    """The source holds sessions; the target is an empty database."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = {name: str(directory / f"{name}.sqlite3") for name in ("source", "target")}
    fill({"store": "sqlite", "path": paths["source"]}, sessions)
    sqlite3.connect(paths["target"]).close()
    made = {
        name: targets.create(
            actor=cast.actors["admin"],
            now=now,
            environment_id=environment.pk,
            name=f"sessions-{name}",
            kind="session_store",
            config={"store": "sqlite", "path": path},
        )
        for name, path in paths.items()
    }
    return Stage(cast, environment, made["source"], made["target"], now)


def newest(migration: Migration) -> PlanRevision:
    return PlanRevision.objects.filter(migration=migration).order_by("-number")[0]


def target(target_id: int) -> Target:
    return Target.objects.get(pk=target_id)
