"""Which task drives which scope, and how a scope is handed to the broker."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from migrations_app.models import Run
from migrations_app.runtime import leases, outbox, tracing
from migrations_app.runtime.leases import Scope


def task_of(scope: Scope) -> tuple[str, list[Any]]:
    """Task name and its arguments (ids only)."""
    if scope.is_run:
        return outbox.DRIVE_RUN, [scope.run_id]
    if scope.background:
        return outbox.DRIVE_BACKGROUND, [scope.run_id, scope.background]
    return outbox.DRIVE_PARTITION, [scope.run_id, scope.step, scope.partition]


def want_drivers(scopes: Sequence[Scope], *, now: datetime) -> None:
    """These want a driver now: marked in their leases and put into the outbox, in the caller's transaction."""
    leases.schedule(scopes)
    offer(scopes, now=now)


def offer(scopes: Iterable[Scope], *, now: datetime) -> int:
    """Put into the outbox what is not waiting there already. Returns how many rows were added."""
    added = 0
    for scope in scopes:
        task, arguments = task_of(scope)
        if not outbox.is_waiting(task, arguments):
            outbox.put(task, arguments, now=now, traceparent=begun_by(scope.run_id) if tracing.tracer().on else "")
            added += 1
    return added


def taken(scope: Scope, now: datetime) -> None:
    """A driver has looked at this scope: what was sent for it need not be sent again."""
    task, arguments = task_of(scope)
    outbox.mark_claimed(task, arguments, now)


def begun_by(run_id: int) -> str:
    """The traceparent of the request, or the schedule, that began the run; empty where nothing was traced."""
    return Run.objects.filter(pk=run_id).values_list("traceparent", flat=True).first() or ""
