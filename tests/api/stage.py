"""Two real session stores in one environment, made and planned through the API."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.models import Environment, Lease, Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.leases import Scope
from migrations_app.services import driving
from migrations_app.services.actor import Actor
from tests.api.door import Answer, Door, program
from tests.session_runs import fill

SESSIONS = 30
MOST_SLICES = 80


@dataclass
class Stage:
    """`source` and `sink` are target ids, `operator` a program with every scope."""

    operator: Door
    admin: Door
    environment: Environment
    source: int
    sink: int

    def wish(self, **changes: Any) -> dict[str, Any]:
        return {
            "title": "Move sessions",
            "environment_id": self.environment.pk,
            "targets": {"source": self.source, "target": self.sink},
            "parameters": {"settle_ms": 0},
            "options": {"batch_size": 10, "parallel_workers": 1},
        } | changes

    def migration(self, **changes: Any) -> int:
        answer = self.operator.post("/migrations", self.wish(**changes))
        assert answer.status == 201, answer.content
        return int(answer.body["id"])

    def planned(self, **changes: Any) -> tuple[int, str]:
        """Id and digest."""
        migration_id = self.migration(**changes)
        answer = self.operator.post(f"/migrations/{migration_id}/plan")
        assert answer.status == 200, answer.content
        return migration_id, str(answer.body["digest"])

    def approved(self, **changes: Any) -> tuple[int, str]:
        """In an environment that wants no signature: planned, rehearsed dry and submitted."""
        migration_id, digest = self.planned(**changes)
        ran(self.operator.post(f"/migrations/{migration_id}/validate"))
        answer = self.operator.post(f"/migrations/{migration_id}/submit", {"digest": digest})
        assert answer.status == 200, answer.content
        return migration_id, digest


def stage(directory: Path, operator: Actor, admin: Actor, environment: Environment) -> Stage:
    source = {"store": "sqlite", "path": str(directory / "source.sqlite3")}
    sink = {"store": "sqlite", "path": str(directory / "sink.sqlite3")}
    sqlite3.connect(sink["path"]).close()
    fill(source, SESSIONS)
    door = program(admin)
    ids = [_target(door, environment, name, config) for name, config in (("sessions-a", source), ("sessions-b", sink))]
    return Stage(program(operator), door, environment, *ids)


def _target(door: Door, environment: Environment, name: str, config: dict[str, Any]) -> int:
    answer = door.post("/targets", {"environment_id": environment.pk, "name": name, "config": config})
    assert answer.status == 201, answer.content
    return int(answer.body["id"])


def ran(started: Answer) -> Run:
    """Drive the run that was started, to its end or until it waits for a person."""
    assert started.status == 202, started.content
    run = Run.objects.get(pk=started.body["run"])
    for _ in range(MOST_SLICES):
        due = Lease.objects.filter(run=run, due_at__isnull=False).order_by("step", "partition").first()
        if due is None:
            break
        driving.drive(scope=Scope.of(due), clock=SystemClock())
    run.refresh_from_db()
    return run
