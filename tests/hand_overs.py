"""A run of a zero-downtime plan and the route that it moves, wherever a test wants them to stand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import RoutePhase, RunKind
from migrations_app.models import Route, RouteLease, RoutePanel, Run
from migrations_app.routing.phases import PHASES
from migrations_app.runtime import journal
from tests.runs import AT, environment, migration, plan, queued, step, target

STEPS = ("prepare", "transfer", "switch", "complete")
FINAL = ("complete", "retire")  # nothing takes these back
DUAL_A, DUAL_B = RoutePhase.DUAL_A, RoutePhase.DUAL_B


def zero_downtime_run(
    *,
    done: Sequence[str] = ("prepare", "transfer"),
    kind: RunKind = RunKind.APPLY,
    at: datetime = AT,
    **parameters: Any,
) -> Run:
    """Started; these steps succeeded and the next one is at work. It moves the route `old` from `old` to `new`."""
    targets = (target("old"), target("new"))
    content = replace(
        plan([step(name, reversible=name not in FINAL) for name in STEPS], targets, zero_downtime=True),
        parameters=parameters,
    )
    run = queued(migration(content, targets), kind)
    events = [NewEvent(EventType.RUN_STARTED)]
    for name in done:
        events += [
            NewEvent(EventType.STEP_STARTED, name, attempt=1),
            NewEvent(EventType.STEP_SUCCEEDED, name, attempt=1),
        ]
    following = next((name for name in STEPS if name not in done), "")
    tell(run, *events, *([NewEvent(EventType.STEP_STARTED, following, attempt=1)] if following else []), at=at)
    return run


def tell(run: Run, *events: NewEvent, at: datetime = AT) -> None:
    """Append to the journal, and read the row again."""
    with transaction.atomic():
        journal.append_by_person(run, list(events), now=at)
    run.refresh_from_db()


def parked(run: Run, reason: str, at: datetime = AT, **payload: Any) -> None:
    tell(run, NewEvent(EventType.RUN_PARKED, payload={"reason": reason, **payload}), at=at)


def route(
    *parts: tuple[int, int, RoutePhase], phase: RoutePhase = DUAL_A, epoch: int = 7, at: datetime = AT, **values: Any
) -> Route:
    """`parts` are (first, last, phase) where buckets differ."""
    Route.objects.filter(name="old").delete()
    ranges = [[first, last, str(each), epoch, PHASES[each].authority] for first, last, each in parts]
    return Route.objects.create(
        **{
            "environment": environment(),
            "name": "old",
            "epoch": epoch,
            "phase": phase,
            "authority": PHASES[phase].authority,
            "stores": {"a": "old", "b": "new"},
            "buckets": ranges,
            "fenced": PHASES[phase].fenced,
            "changed_at": at,
            **values,
        }
    )


def panel(row: Route, name: str, at: datetime = AT, **values: Any) -> None:
    RoutePanel.objects.create(route=row, name=name, values=values, at=at)


def lease(row: Route, client: str, *, renewed_at: datetime, expires_at: datetime, **values: Any) -> RouteLease:
    counters: Mapping[str, int] = values.pop("counters", {})
    return RouteLease.objects.create(
        route=row,
        client_id=client,
        boot_id="boot",
        counters=dict(counters),
        renewed_at=renewed_at,
        expires_at=expires_at,
        **{"acked_epoch": row.epoch, "build": "1.4.0", **values},
    )
