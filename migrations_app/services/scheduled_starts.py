"""The one step in which a scheduled time becomes a run: in the transaction that makes the run, so it happens once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.schedules import is_late
from migrations_app.engine.vocabulary import RunKind, ScheduledStartState, ScheduleState, ScheduleTiming
from migrations_app.engine.windows import Rhythm
from migrations_app.models import Run, Schedule, ScheduledStart
from migrations_app.runtime.clock import database_now
from migrations_app.selectors.windows import hours_of, rhythm
from migrations_app.services.errors import Conflict


@dataclass(frozen=True, slots=True)
class Claim:
    """Who may start what was due then. It holds until somebody else has claimed it again."""

    start_id: int
    schedule_id: int
    due_at: datetime
    claimed_at: datetime


def take(claim: Claim, run: Run, *, now: datetime) -> None:
    """Tie the run to its time. Raises Conflict when another beat was faster, the schedule was called off, or the grace
    is over by the database's clock: whoever slept since the claim starts nothing late.
    """
    hours = hours_of(run.migration.environment_id, now) if run.kind == RunKind.APPLY else None
    waiting = Schedule.objects.select_for_update().filter(
        pk=claim.schedule_id, state=ScheduleState.WAITING, due_at=claim.due_at
    )
    schedule = waiting.first()
    mine = ScheduledStart.objects.filter(
        pk=claim.start_id, claimed_at=claim.claimed_at, state=ScheduledStartState.CLAIMED
    )
    started = {"state": ScheduledStartState.STARTED, "run": run, "said": ""}
    closes_at = hours.open_until if hours else None
    if (
        schedule is None
        or is_late(claim.due_at, schedule.grace_minutes, database_now())
        or mine.update(**started, closes_at=closes_at) != 1
    ):
        raise Conflict(
            f"“{run.migration.title}” was started, called off or missed meanwhile; this start changed nothing.",
            "Look at its page.",
            reason="superseded",
        )
    advance(schedule, now=now)


def advance(schedule: Schedule, *, now: datetime) -> None:
    """What is due next; nothing more: it has ended. The caller holds the schedule's row."""
    following = None
    if schedule.timing == ScheduleTiming.RECURRING:
        following = next_of(schedule, max(now, schedule.due_at) + timedelta(seconds=1))
    if following is None:
        schedule.state, schedule.ended_at = ScheduleState.ENDED, now
    else:
        schedule.due_at = following
    schedule.save(update_fields=["state", "ended_at", "due_at"])


def next_of(schedule: Schedule, now: datetime) -> datetime | None:
    """Of a recurring one: its first time from now on."""
    return _times(schedule).next(now)


def skipped(schedule: Schedule, now: datetime) -> int:
    """How many later times of a recurring one have gone by."""
    if schedule.timing != ScheduleTiming.RECURRING:
        return 0
    return len(_times(schedule).instants(after=schedule.due_at + timedelta(seconds=1), before=now))


def _times(schedule: Schedule) -> Rhythm:
    assert schedule.first_date is not None  # noqa: S101 - a CHECK constraint holds both
    assert schedule.first_time is not None  # noqa: S101
    return rhythm(schedule.zone, datetime.combine(schedule.first_date, schedule.first_time), schedule.recurrence)
