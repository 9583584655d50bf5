"""Runs that start with nobody there: what Celery beat calls, as often and as many times at once as it likes.

Each of the three parts is safe to repeat: a time becomes one run (`services/scheduled_starts.py`), the closing of a
window is dealt with once, an end is told once. A time that cannot be kept is reported and never made up for.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from migrations_app.engine.crash_points import reach
from migrations_app.engine.ports import Clock
from migrations_app.engine.schedules import Told, is_late, told_of_the_closing, told_of_the_end, why_missed
from migrations_app.engine.start_check import CLAIM_CONFLICT, check_start
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    MigrationStatus,
    RunKind,
    RunState,
    ScheduledStartState,
    ScheduleState,
    ScheduleTiming,
    Signal,
    WhenWindowCloses,
)
from migrations_app.models import Attendance, MaintenanceWindow, Migration, Run, Schedule, ScheduledStart
from migrations_app.models.actor import SYSTEM, Actor
from migrations_app.models.schedule import SAID_LENGTH
from migrations_app.runtime import settings
from migrations_app.selectors.start_check import start_facts
from migrations_app.selectors.start_queue import ahead_of, for_targets_alone
from migrations_app.services import finding, reopening, runs, scheduled_notices, scheduled_starts
from migrations_app.services.errors import NotFound, Refused
from migrations_app.services.scheduled_starts import Claim

logger = logging.getLogger(__name__)

CLAIM_HOLDS = timedelta(seconds=45)  # and so often it is tried again while something stands in the way
READY_AGAIN = timedelta(seconds=5)  # so often one that starts when it is ready
_DONE = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED)  # by hand, say: what was to be run is not missed then
_OVER = (*_DONE, MigrationStatus.ROLLED_BACK, MigrationStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Attended:
    """How many schedules were started, missed, are held up by something, how many closings and ends were told, and
    how many runs that had been paused for a closed window went on."""

    started: int = 0
    missed: int = 0
    held_up: int = 0
    closed: int = 0
    told: int = 0
    resumed: int = 0


def run_due(*, clock: Clock) -> Attended:
    """Start what is due, report what was missed, act on windows that have closed, tell how runs have ended.

    In read-only maintenance nothing is done; what was due then is missed.
    """
    now = clock.now()
    Attendance.objects.update_or_create(pk=1, defaults={"at": now})
    if not settings.current().enabled:
        return Attended()
    due = Schedule.objects.filter(state=ScheduleState.WAITING, due_at__lte=now).order_by("due_at", "pk")
    outcomes = [_guarded(schedule_id, clock.now()) for schedule_id in list(due.values_list("pk", flat=True))]
    closed = [_close(start_id, clock.now()) for start_id in _windows_closed(now)]
    told = [_tell_end(start_id, clock.now()) for start_id in _ended()]
    resumed = reopening.go_on(clock=clock)
    return Attended(
        outcomes.count("started"), outcomes.count("missed"), outcomes.count("held_up"), sum(closed), sum(told), resumed
    )


def _guarded(schedule_id: int, now: datetime) -> str:
    """One that cannot even be looked at keeps none of the others waiting, nor those that wait for its targets."""
    try:
        return _attend(schedule_id, now)
    except Exception as error:
        logger.exception("schedule %s cannot be looked at", schedule_id)
        open_ones = ScheduledStart.objects.filter(schedule=schedule_id, state=ScheduledStartState.CLAIMED)
        said = f"Snakeweb met an error that it did not expect: {type(error).__name__}."
        open_ones.update(said=said, in_queue=False)
        return "held_up"


def _attend(schedule_id: int, now: datetime) -> str:
    with transaction.atomic():
        schedule = _due(schedule_id, now)
        if schedule is None:
            return "over"
        start, made = ScheduledStart.objects.get_or_create(
            schedule=schedule, due_at=schedule.due_at, defaults={"claimed_at": now}
        )
        if is_late(schedule.due_at, schedule.grace_minutes, now):
            _miss(schedule, start, now)
            return "missed"
        if not made and start.claimed_at > now - CLAIM_HOLDS:
            return "claimed"
        start.claimed_at = now
        start.save(update_fields=["claimed_at"])
    claim = Claim(start.pk, schedule.pk, schedule.due_at, now)
    held = _what_stands_in_the_way(schedule, now) or _started(schedule, claim, now)
    if held is None:
        return "started"
    logger.info("schedule %s cannot start yet: %s", schedule.pk, held.said)
    mine = ScheduledStart.objects.filter(pk=start.pk, state=ScheduledStartState.CLAIMED, claimed_at=now)
    again = now - CLAIM_HOLDS + READY_AGAIN if schedule.timing == ScheduleTiming.WHEN_READY else now
    mine.update(said=held.said[:SAID_LENGTH], in_queue=held.in_queue, claimed_at=again)
    return "held_up"


def _due(schedule_id: int, now: datetime) -> Schedule | None:
    """The schedule, with its migration's row and its own locked; None: somebody has dealt with it."""
    list(Migration.objects.select_for_update(of=("self",)).filter(schedules=schedule_id).values_list("pk"))
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("migration__environment", "created_by")
    schedule = rows.filter(pk=schedule_id, state=ScheduleState.WAITING, due_at__lte=now).first()
    if schedule is None:
        return None
    if schedule.migration.status in (_OVER if schedule.timing == ScheduleTiming.RECURRING else _DONE):
        schedule.state, schedule.ended_at = ScheduleState.ENDED, now
        schedule.save(update_fields=["state", "ended_at"])
        scheduled_notices.record(
            "schedule.end", schedule, now, f"The migration is {schedule.migration.get_status_display()}."
        )
        return None
    return schedule


@dataclass(frozen=True, slots=True)
class _Held:
    """Why it does not start now. `in_queue`: it waits for its targets alone."""

    said: str
    in_queue: bool = False


def _what_stands_in_the_way(schedule: Schedule, now: datetime) -> _Held | None:
    """What the database knows, looked at before anything is asked of the targets; None: nothing."""
    revision = finding.newest_revision(schedule.migration)
    if revision is None:
        return _Held("The migration has no plan.")
    facts = start_facts(
        schedule.migration, revision, kind=RunKind(schedule.kind), now=now, expected_digest=schedule.digest
    )
    if schedule.timing == ScheduleTiming.NEXT_WINDOW and facts.hours is None:
        return _Held("The window that it waited for is gone.")
    unmet = check_start(facts)
    queues = schedule.timing == ScheduleTiming.WHEN_READY and for_targets_alone(unmet)
    ahead = next(ahead_of(schedule, now=now), None) if schedule.timing == ScheduleTiming.WHEN_READY else None
    if ahead is not None:
        first = f"“{ahead.migration.title}” asked for a target of it before. Wait, or cancel that schedule."
        return _Held(first, queues)
    return _Held(" ".join(f"{each.message} {each.fix}" for each in unmet), queues) if unmet else None


def _started(schedule: Schedule, claim: Claim, now: datetime) -> _Held | None:
    """Start it as the person who scheduled it, with what they may do now. Returns why not; None: it was started."""
    person = schedule.created_by
    actor = Actor(person_id=person.pk, username=SYSTEM.username, on_behalf_of=person.username)
    try:
        if schedule.kind == RunKind.APPLY:
            runs.execute_migration(
                actor=actor, now=now, migration_id=schedule.migration_id, digest=schedule.digest, claim=claim
            )
        else:
            runs.validate_migration(actor=actor, now=now, migration_id=schedule.migration_id, claim=claim)
    except Refused as refused:
        if isinstance(refused, NotFound) and refused.hidden:  # whoever reads this sees the migration
            return _Held(
                f"{person.username} has no role in “{schedule.migration.environment.name}” any more. "
                "Cancel this schedule; somebody who has one makes another."
            )
        return _Held(f"{refused.message} {refused.fix}", _taken(refused))
    return None


def _taken(refused: Refused) -> bool:
    """Whether runs that began a moment ago are all that is in its way: a condition for each target, or the database's
    word on one."""
    problems = refused.details.get("problems")
    codes = {each["code"] for each in problems} if problems else {refused.details.get("reason")}
    return codes == {CLAIM_CONFLICT}


def _miss(schedule: Schedule, start: ScheduledStart, now: datetime) -> None:
    skipped = scheduled_starts.skipped(schedule, now)
    why = why_missed(schedule.due_at, schedule.grace_minutes, start.said, skipped)
    start.state, start.said, start.reported_at = ScheduledStartState.MISSED, why[:SAID_LENGTH], now
    start.save(update_fields=["state", "said", "reported_at"])
    scheduled_starts.advance(schedule, now=now)
    what = "dry run" if schedule.kind == RunKind.DRY_RUN else "run"
    text = f"“{schedule.migration.title}”: the scheduled {what} was missed and will not be made up for. {why}"
    scheduled_notices.tell(schedule, Told(scheduled_notices.MISSED, text, alert=True), now)
    scheduled_notices.record("schedule.miss", schedule, now, why)


def _windows_closed(now: datetime) -> list[int]:
    return list(_closed_on(now).order_by("pk").values_list("pk", flat=True))


def _closed_on(now: datetime) -> QuerySet[ScheduledStart]:
    """Nothing closes where there is no window (any more); the kept end is that of the last one there was."""
    windows = MaintenanceWindow.objects.filter(environment=OuterRef("run__environment"), archived_at=None)
    rows = ScheduledStart.objects.filter(
        Exists(windows), state=ScheduledStartState.STARTED, closed_at=None, closes_at__lte=now
    )
    return rows.exclude(run__state__in=FINAL_RUN_STATES)


def _close(start_id: int, now: datetime) -> bool:
    """Do what was chosen for a run that its window has closed on. Returns whether this call dealt with it: somebody
    else may have, and the window may have been made longer since it was looked for."""
    reach("schedule.closing")
    with transaction.atomic():
        start = _locked(start_id)
        if start is None or start.run is None or not _closed_on(now).filter(pk=start_id).exists():
            return False
        closing = WhenWindowCloses(start.schedule.window_closes)
        by_hand = closing is WhenWindowCloses.PAUSE and start.run.signal == Signal.PAUSE
        refused = "" if by_hand else _carry_out(closing, start.run, now)
        told = told_of_the_closing(start.schedule.migration.title, start.run.pk, closing, refused, by_hand=by_hand)
        start.closed_at, start.said = now, told.text[:SAID_LENGTH]
        start.waits_for_window = closing is WhenWindowCloses.PAUSE and not (refused or by_hand)
        start.save(update_fields=["closed_at", "said", "waits_for_window"])
        scheduled_notices.tell(start.schedule, told, now, start)
        scheduled_notices.record("schedule.window_closed", start.schedule, now, told.text)
    return True


def _carry_out(closing: WhenWindowCloses, run: Run, now: datetime) -> str:
    """Returns why it could not be done; empty: it was."""
    try:
        if closing is WhenWindowCloses.PAUSE:
            runs.pause(actor=SYSTEM, now=now, run_id=run.pk)
        elif closing is WhenWindowCloses.ROLL_BACK:
            runs.turn_round(actor=SYSTEM, now=now, run_id=run.pk)
    except Refused as refused:
        return f"{refused.message} {refused.fix}"
    return ""


def _ended() -> list[int]:
    ended = ScheduledStart.objects.filter(
        state=ScheduledStartState.STARTED, reported_at=None, run__state__in=FINAL_RUN_STATES
    )
    return list(ended.order_by("pk").values_list("pk", flat=True))


def _tell_end(start_id: int, now: datetime) -> bool:
    with transaction.atomic():
        start = _locked(start_id)
        if start is None or start.run is None or start.reported_at is not None:
            return False
        start.reported_at = now
        start.save(update_fields=["reported_at"])
        closing = WhenWindowCloses(start.schedule.window_closes) if start.closed_at else None
        title = start.schedule.migration.title
        scheduled_notices.tell(
            start.schedule, told_of_the_end(title, start.run.pk, RunState(start.run.state), closing=closing), now, start
        )
    return True


def _locked(start_id: int) -> ScheduledStart | None:
    """With the rows of its migration and its own locked."""
    list(Migration.objects.select_for_update(of=("self",)).filter(schedules__starts=start_id).values_list("pk"))
    rows = ScheduledStart.objects.select_for_update(of=("self",))
    return rows.select_related("run", "schedule__migration__environment").filter(pk=start_id).first()
