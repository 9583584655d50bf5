"""Testing a target's connection: a read-only look, kept as the target's health."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from migrations_app import pools
from migrations_app.configuration.problems import Severity
from migrations_app.engine.errors import MigrationError
from migrations_app.engine.hiding import Redactor
from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.analysis import describe
from migrations_app.handlers.config.outcome import contents_of, open_configuration
from migrations_app.handlers.project.reading import read_project
from migrations_app.models import Target as TargetRow
from migrations_app.models import TargetProbe
from migrations_app.pools.base import PoolProbe
from migrations_app.runtime import composition
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.sources.check import reads
from migrations_app.stores.sessions import fingerprint, open_store
from migrations_app.stores.sessions.base import StoreProbe
from migrations_app.stores.tables.identity import fingerprint as database_fingerprint
from migrations_app.stores.tables.opening import open_database

MOST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class TargetTest:
    """`ok`: it answered, and there is nothing that a migration would stumble over. `message` is for people."""

    ok: bool
    message: str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: Mapping[str, Any] = field(default_factory=dict)


@operation("target.test", about="target", atomic=False, in_maintenance=True)
def test(*, actor: Actor, now: datetime, target_id: int) -> TargetTest:
    """Connect read-only with the stored credentials. A target that does not answer is an outcome, not a refusal."""
    row = finding.target(target_id, actor=actor, permission=Permission.TEST_TARGET)
    found = _look(row, now)
    with transaction.atomic():
        TargetProbe.objects.update_or_create(
            target=row,
            defaults={
                "at": now,
                "ok": found.ok,
                "message": found.message,
                "facts": dict(found.facts),
                "fingerprint": dict(found.fingerprint),
            },
        )
        audit.record(
            actor=actor,
            now=now,
            action="target.test",
            object_type="target",
            object_id=row.pk,
            environment=row.environment.name,
            outcome="allowed" if found.ok else "failed",
            reason="" if found.ok else found.message,
            after={"name": row.name},
        )
    return found


def _look(row: TargetRow, now: datetime) -> TargetTest:
    target: Target | None = None
    try:
        target = composition.resolve_target(row)
        return _LOOKS[target.kind](target, now)
    except MigrationError as error:
        hide = Redactor(target.secrets.values() if target else ())
        message = hide.text(" ".join([error.message, *error.recovery_actions]))
        return TargetTest(False, message[:MOST_MESSAGE], now)


def _look_at_store(target: Target, now: datetime) -> TargetTest:
    with open_store(target.config, target.secrets, read_only=True) as store:
        probe = store.probe()
    problems = " ".join(probe.problems)
    there = f"holds {probe.count:,} sessions" if probe.exists else "has no table for sessions yet"
    message = problems or f"Answers in {probe.latency_ms:.1f} ms and {there}."
    return TargetTest(not problems, message[:MOST_MESSAGE], now, _facts(probe), fingerprint(probe, target.config))


def _look_at_pool(target: Target, now: datetime) -> TargetTest:
    with pools.open_pool(target.config, target.secrets, read_only=True) as pool:
        probe = pool.probe()
    problems = " ".join(probe.problems)
    size = probe.view.size or len(probe.view.workers)
    message = problems or (
        f"Answers in {probe.latency_ms:.1f} ms; {probe.view.serving} of {size} workers take requests, "
        f"{probe.view.statistics.busy} of them have one."
    )
    return TargetTest(not problems, message[:MOST_MESSAGE], now, _pool_facts(probe), pools.fingerprint(probe))


def _look_at_configuration(target: Target, now: datetime) -> TargetTest:
    """Reads every file and says what version they fit. What is wrong in them is said, and no reason to fail."""
    configuration = open_configuration(target)
    said = describe(configuration)
    errors = [each for each in said["unread"] if each["severity"] == Severity.ERROR]
    files = len(said["files"])
    message = f"{files} file{'s' if files != 1 else ''} read. {said['detected']}"
    if errors:
        message = f"{errors[0]['place']}: {errors[0]['message']} {errors[0]['suggestion']}"
    facts = {
        "files": said["files"],
        "settings": said["settings"],
        "fits_versions": said["fits"],
        "evidence": [f"{each['says']} ({each['place']})" for each in said["evidence"]],
        "decided_at_run_time": said["at_run_time"],
        "problems": [f"{each['place']}: {each['message']}" for each in said["unread"]],
    }
    return TargetTest(
        not errors, message[:MOST_MESSAGE], now, facts, snapshots.file_fingerprints(contents_of(configuration))
    )


def _look_at_project(target: Target, now: datetime) -> TargetTest:
    """Reads the source files and counts them."""
    project = read_project(target, reads)
    endings = Counter(Path(path).suffix for path in project.files)
    counted = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
    facts = {"files": len(project.files), "left_out": [f"{one.path}: {one.why}" for one in project.left_out]}
    message = f"{len(project.files)} source files read ({counted})." if project.files else "There is no source file."
    return TargetTest(bool(project.files), message[:MOST_MESSAGE], now, facts, project.fingerprint)


def _look_at_database(target: Target, now: datetime) -> TargetTest:
    with open_database(target.config, target.secrets, read_only=True) as database:
        probe, catalogue = database.probe(), database.catalogue()
    problems = " ".join(probe.problems)
    tables = f"{len(catalogue.tables):,} table{'s' if len(catalogue.tables) != 1 else ''}"
    rows = sum(table.rows for table in catalogue.tables.values())
    message = problems or f"Answers in {probe.latency_ms:.1f} ms; it has {tables} with about {rows:,} rows."
    facts = {
        "kind": probe.kind,
        "version": probe.version,
        "identity": probe.identity,
        "latency_ms": round(probe.latency_ms, 1),
        "tables": len(catalogue.tables),
        "rows_about": rows,
        "used_bytes": probe.bytes,
        "free_bytes": probe.free_bytes,
        "encoding": probe.encoding,
        "time_zone": probe.time_zone,
        "writable": probe.writable,
        "replica": probe.replica,
        "left_out": catalogue.details.get("left_out", ""),
        **probe.details,
    }
    return TargetTest(not problems, message[:MOST_MESSAGE], now, facts, database_fingerprint(probe, catalogue))


_LOOKS: Mapping[TargetKind, Callable[[Target, datetime], TargetTest]] = {
    TargetKind.SESSION_STORE: _look_at_store,
    TargetKind.CONFIG_FILE: _look_at_configuration,
    TargetKind.ADAPTER_PROJECT: _look_at_project,
    TargetKind.DATABASE: _look_at_database,
    TargetKind.WORKER_POOL: _look_at_pool,
}


def _facts(probe: StoreProbe) -> dict[str, Any]:
    return {
        "kind": probe.kind,
        "version": probe.version,
        "identity": probe.identity,
        "latency_ms": round(probe.latency_ms, 1),
        "clock_skew_ms": probe.clock_skew_ms,
        "layout": probe.layout,
        "sessions": probe.count,
        "exists": probe.exists,
        "writable": probe.writable,
        "eviction_policy": probe.eviction_policy or None,
        "capacity_bytes": probe.capacity_bytes,
        "used_bytes": probe.used_bytes,
        **probe.details,
    }


def _pool_facts(probe: PoolProbe) -> dict[str, Any]:
    """The pool's own statistics under the names that Snakepit gives them, beside what was counted on the node."""
    return {
        "kind": probe.kind,
        "version": probe.version,
        "identity": probe.identity,
        "latency_ms": round(probe.latency_ms, 1),
        "size": probe.view.size,
        "serving": probe.view.serving,
        **asdict(probe.view.statistics),
        "ghosts": len(probe.view.ghosts),
        "holds_workers": probe.holds,
        "can": ", ".join(sorted(probe.capabilities)),
        "room": probe.room,
        **probe.details,
    }
