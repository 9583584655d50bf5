"""Reads how busy the targets of runs are: before, while they go on, and for a minute after.

Nothing of it disturbs a run. Each reading has its own connections, with two seconds of patience; one that fails is kept
as a gap with its reason, and what the control database refuses is read again at the next turn.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.hiding import Redactor
from migrations_app.engine.impact import Reading
from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.ports import Clock
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import ImpactSample, ImpactWatch, Run
from migrations_app.models.impact import KEPT_READINGS
from migrations_app.runtime import composition
from migrations_app.runtime.settings import impact_seconds

logger = logging.getLogger(__name__)

AFTER = timedelta(seconds=60)
BASELINE_SECONDS = 1.0  # between the two readings before a run: two of them make a rate
MOST_AT_ONCE = 20  # runs of one look, so that a look ends
_LONGEST_GAP = 200
_LIVE = [state for state in RunState if not state.is_final and state is not RunState.QUEUED]


def is_on() -> bool:
    return impact_seconds() > 0


def look_due(clock: Clock) -> int:
    """Read the targets of every run whose turn it is and that no other process has taken. Returns of how many runs."""
    if not is_on():
        return 0
    now = clock.now()
    wanted = Q(state__in=_LIVE) | Q(ended_at__gt=now - AFTER, started_at__isnull=False)
    waiting = Q(impact_watch=None) | Q(impact_watch__due_at__lte=now)
    runs = Run.objects.filter(wanted).filter(waiting).select_related("revision").order_by("pk")
    return sum(_read_in_turn(run, clock) for run in runs[:MOST_AT_ONCE])


def before(run: Run, clock: Clock) -> Callable[[], None]:
    """The first reading before a run, and what takes the second one right before its first effect.

    That one waits until a second has passed where the run is one that changes things for the first time: only then
    does the counter of a store make a rate. Nothing waits for a rollback.
    """
    if not is_on() or run.state != RunState.QUEUED:
        return lambda: None
    began = clock.monotonic()
    first = _read(run, clock)

    def again() -> None:
        if first and run.kind == RunKind.APPLY:
            left = BASELINE_SECONDS - (clock.monotonic() - began)
            if left > 0:
                threading.Event().wait(left)
            _read(run, clock)

    return again


def after(run: Run, clock: Clock) -> None:
    """Once as soon as it has ended; the rest of the minute is `look_due`'s."""
    if is_on():
        _read(run, clock)


def _read_in_turn(run: Run, clock: Clock) -> bool:
    """Whether this process took the turn."""
    now = clock.now()
    every = max(1, round(impact_seconds()))
    watch, made = ImpactWatch.objects.get_or_create(
        run=run, defaults={"every_seconds": every, "due_at": now + timedelta(seconds=every)}
    )
    due_at = now + timedelta(seconds=every if run.ended_at else watch.every_seconds)
    # Who was held up between its look and here finds the next turn, which is nobody's yet: it takes none.
    turn = ImpactWatch.objects.filter(pk=watch.pk, due_at=watch.due_at, due_at__lte=now)
    taken = made or turn.update(due_at=due_at) == 1
    if taken:
        _read(run, clock)
        _thin(run, watch)
    return taken


def _read(run: Run, clock: Clock) -> bool:
    """Each target once. Whether any could be read; raises nothing."""
    plan = Plan.from_content(run.revision.content)
    sampled = [ref for ref in plan.targets if ref.kind in composition.GAUGES]
    if not sampled:
        return False
    try:
        targets = composition.resolve_targets(plan)
        rows = [_sample(run, ref.role, targets[ref.role], clock) for ref in sampled]
    except MigrationError as error:
        rows = [_gap(run, ref.role, clock.now(), error.message) for ref in sampled]
    except Exception:
        logger.exception("run %s: its targets could not be read", run.pk)
        rows = [_gap(run, ref.role, clock.now(), "Snakeweb could not read it; its log says why.") for ref in sampled]
    try:
        ImpactSample.objects.bulk_create(rows)
    except DatabaseError as error:
        logger.warning("run %s: readings of its targets are lost: %s", run.pk, error)
        return False
    return any(not row.gap for row in rows)


def _sample(run: Run, role: str, target: Target, clock: Clock) -> ImpactSample:
    try:
        with composition.GAUGES[target.kind](target) as gauge:
            return ImpactSample(run=run, role=role, at=clock.now(), **_columns(gauge.read()))
    except MigrationError as error:
        hide = Redactor(target.secrets.values())
        return _gap(run, role, clock.now(), hide.text(error.message))


def _columns(reading: Reading) -> dict[str, int | None]:
    return asdict(reading)


def _gap(run: Run, role: str, at: datetime, why: str) -> ImpactSample:
    return ImpactSample(run=run, role=role, at=at, gap=why[:_LONGEST_GAP])


def _thin(run: Run, watch: ImpactWatch) -> None:
    """Of a run that goes on for long every second reading goes, and from now on half as many come."""
    during = ImpactSample.objects.filter(run=run, at__gt=run.started_at or run.created_at)
    roles = list(during.order_by("role").values_list("role", flat=True).distinct())
    if run.ended_at or during.count() <= KEPT_READINGS * len(roles):
        return
    for role in roles:
        listed = list(during.filter(role=role).order_by("at", "pk").values_list("pk", flat=True))
        ImpactSample.objects.filter(pk__in=listed[1:-1:2]).delete()
    ImpactWatch.objects.filter(pk=watch.pk).update(every_seconds=2 * watch.every_seconds)
