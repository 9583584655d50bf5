"""Handing out the rows that the target of a data migration refused. They are data: who gets them is written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from migrations_app.handlers.data.rejected import lines, prefix
from migrations_app.models.actor import Actor
from migrations_app.runtime import composition
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.services import audit
from migrations_app.services.errors import NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """`lines` is NDJSON, a row a line: table, key, reason, values; read while it is sent."""

    name: str
    rows: int
    lines: Iterator[str]


@operation("run.rejected_rows", about="run", in_maintenance=True)
def rejected_rows(*, actor: Actor, now: datetime, run_id: int) -> RejectedRows:
    """Raises NotFound for a run without any, or whose backup has gone, and PermissionDenied."""
    run = visible_run(actor, run_id)
    environment = run.migration.environment
    require(actor, Permission.CONTROL, environment)
    store = composition.artifacts()
    rows = sum(1 for _ in store.keys(prefix(run.pk)))
    if not rows:
        raise NotFound(f"No refused rows of run {run.pk} are kept.", "They go with the run's backup.")
    audit.record(
        actor=actor,
        now=now,
        action="run.rejected_rows",
        object_type="run",
        object_id=run.pk,
        environment=environment.name,
        after={"title": run.migration.title, "rows": rows},
    )
    return RejectedRows(f"run-{run.pk}-rejected.ndjson", rows, (line.decode() for line in lines(store, run.pk)))
