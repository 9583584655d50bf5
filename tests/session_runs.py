"""A planned session migration between two real stores, for tests that drive real runs."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.engine.handler import Spec
from migrations_app.engine.options import defaults
from migrations_app.engine.parameters import parse
from migrations_app.engine.planner import create_plan
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RunKind
from migrations_app.handlers import registry
from migrations_app.models import PlanRevision, Target
from migrations_app.runtime.composition import resolve_target
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.records import SessionRecord
from tests.runs import environment, migration, target

FAR = 4_000_000_000_000  # a deadline in the year 2096, in milliseconds


@dataclass(frozen=True)
class SessionMigrationRows:
    """`source` and `target` are the target rows, `revision` the plan."""

    source: Target
    target: Target
    revision: PlanRevision

    def digests(self) -> tuple[Any, Any]:
        """What both stores hold now."""
        return contents(self.source), contents(self.target)


def fill(config: dict[str, Any], count: int, secrets: dict[str, str] | None = None) -> None:
    worker = WorkerToken("run:0", 1)
    records = [SessionRecord(f"s{n:06}", f"value {n}".encode(), expires_at_ms=FAR + n) for n in range(count)]
    with open_store(config, secrets or {}) as store:
        store.initialise(worker)
        store.raise_worker_fence(worker)
        for start in range(0, count, 1000):
            store.apply(records[start : start + 1000], worker)


def contents(row: Target) -> Any:
    resolved = resolve_target(row)
    with open_store(resolved.config, resolved.secrets, read_only=True) as store:
        return store.digest() if store.probe().exists else None


def sqlite_migration(
    directory: Path, *, name: str = "sessions", count: int = 50, **options: Any
) -> SessionMigrationRows:
    source = {"store": "sqlite", "path": str(directory / f"{name}-a.sqlite3")}
    sink = {"store": "sqlite", "path": str(directory / f"{name}-b.sqlite3")}
    sqlite3.connect(sink["path"]).close()
    fill(source, count)
    return planned(target(f"{name}-a", source), target(f"{name}-b", sink), **options)


def planned(
    source: Target,
    sink: Target,
    *,
    parameters: dict[str, Any] | None = None,
    title: str = "Move sessions",
    **options: Any,
) -> SessionMigrationRows:
    handler = registry.get("session")
    values, problems = parse(handler.parameters, {"settle_ms": 0, **(parameters or {})}, path="parameters")
    assert not problems
    rows = {"source": source, "target": sink}
    spec = Spec(
        type=handler.type,
        handler=handler.name,
        environment=environment().name,
        protected=False,
        targets={role: resolve_target(row) for role, row in rows.items()},
        parameters=values,
        options={**defaults(), "batch_size": 10, "parallel_workers": 1, **options},
    )
    made = create_plan(spec, handler)
    revision = migration(made.plan, (source, sink), title=title)
    revision.fingerprints = {role: dict(seen) for role, seen in made.analysis.fingerprints.items()}
    revision.save(update_fields=["fingerprints"])
    return SessionMigrationRows(source, sink, revision)


__all__ = ["RunKind", "SessionMigrationRows", "contents", "fill", "planned", "sqlite_migration"]
