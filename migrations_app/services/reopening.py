"""Runs that were paused because their window closed go on by themselves in the next one.

Every beat may call it: a run goes on once, and what keeps it from that is told once for each reason. It is looked at
while a window is open only, and its targets at most every `LOOKS_AGAIN`.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from migrations_app.engine.ports import Clock
from migrations_app.engine.schedules import told_of_the_opening
from migrations_app.engine.start_check import Drift, check_going_on
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunKind, Signal
from migrations_app.models import Migration, Run, ScheduledStart
from migrations_app.models.actor import SYSTEM
from migrations_app.models.schedule import SAID_LENGTH
from migrations_app.runtime.target_check import TargetCheck, check_targets
from migrations_app.selectors.windows import hours_of
from migrations_app.services import runs, scheduled_notices
from migrations_app.services.permissions import Permission
from migrations_app.services.starting import Wanted, facts_of

logger = logging.getLogger(__name__)

LOOKS_AGAIN = timedelta(seconds=45)
_WANTED = Wanted(RunKind.APPLY, Permission.CONTROL, "run.resume")


def go_on(*, clock: Clock) -> int:
    """How many went on."""
    waiting = ScheduledStart.objects.filter(waits_for_window=True).exclude(run__state__in=FINAL_RUN_STATES)
    return sum(_guarded(start_id, clock) for start_id in list(waiting.order_by("pk").values_list("pk", flat=True)))


def _guarded(start_id: int, clock: Clock) -> bool:
    """One that cannot even be looked at keeps none of the others waiting."""
    try:
        return _attend(start_id, clock)
    except Exception:
        logger.exception("the paused run of scheduled start %s cannot be looked at", start_id)
        return False


def _attend(start_id: int, clock: Clock) -> bool:
    now = clock.now()
    start = ScheduledStart.objects.select_related("run__migration__environment", "run__revision").get(pk=start_id)
    run = start.run
    if run is None or not _is_open(run, now):
        return False
    turn = ScheduledStart.objects.filter(pk=start_id, waits_for_window=True, claimed_at__lte=now - LOOKS_AGAIN)
    if turn.update(claimed_at=now) != 1:
        return False
    seen = check_targets(run.revision, protected=run.migration.environment.protected, clock=clock)
    with transaction.atomic():
        return _decided(start_id, seen, clock.now())


def _decided(start_id: int, seen: TargetCheck, now: datetime) -> bool:
    list(Migration.objects.select_for_update(of=("self",)).filter(schedules__starts=start_id).values_list("pk"))
    rows = ScheduledStart.objects.select_for_update(of=("self",))
    start = rows.select_related("run__migration__environment", "run__revision", "schedule__migration__environment").get(
        pk=start_id
    )
    run = start.run
    if run is None or not start.waits_for_window or run.signal != Signal.PAUSE or run.state in FINAL_RUN_STATES:
        return False
    if why_not := _why_not(run, seen, now):
        _hold_up(start, why_not, now)
        return False
    hours = hours_of(run.environment_id, now)
    runs.resume(actor=SYSTEM, now=now, run_id=run.pk)
    told = told_of_the_opening(run.migration.title, run.pk)
    start.waits_for_window, start.closed_at = False, None
    start.closes_at = hours.open_until if hours else start.closes_at
    start.said = told.text[:SAID_LENGTH]
    start.save(update_fields=["waits_for_window", "closed_at", "closes_at", "said"])
    scheduled_notices.tell(start.schedule, told, now, start)
    scheduled_notices.record("schedule.window_opened", start.schedule, now, told.text)
    return True


def _is_open(run: Run, now: datetime) -> bool:
    """An environment without windows (any more) is open always."""
    hours = hours_of(run.environment_id, now)
    return hours is None or hours.open_until is not None


def _why_not(run: Run, seen: TargetCheck, now: datetime) -> str:
    others = tuple(drift for drift in seen.drift if not _is_own_doing(run, drift))
    facts = facts_of(run.migration, run.revision, _WANTED, TargetCheck(seen.at, others, seen.unreachable), now=now)
    return " ".join(f"{unmet.message} {unmet.fix}" for unmet in check_going_on(facts))


def _is_own_doing(run: Run, drift: Drift) -> bool:
    """How much is where, traffic and the run itself have changed since; and it may have made the target's file."""
    written = {ref["name"] for ref in run.revision.content["targets"] if ref["role"] != "source"}
    return drift.field == "records" or (drift.field == "identity" and drift.target in written)


def _hold_up(start: ScheduledStart, why_not: str, now: datetime) -> None:
    assert start.run is not None  # noqa: S101 - a CHECK constraint holds that a started one has its run
    told = told_of_the_opening(start.schedule.migration.title, start.run.pk, why_not)
    if start.said == told.text[:SAID_LENGTH]:
        return
    start.said = told.text[:SAID_LENGTH]
    start.save(update_fields=["said"])
    scheduled_notices.tell(start.schedule, told, now, start)
    scheduled_notices.record("schedule.held_up", start.schedule, now, told.text)
