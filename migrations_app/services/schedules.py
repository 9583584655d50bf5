"""Schedules: a run at a time, in the next window, as soon as it is ready, or (dry runs) again and again.

Made by those who may start it.

What becomes of them is `services/unattended.py`.
"""

from datetime import datetime
from typing import Any

from migrations_app.engine.schedules import (
    GRACE_MINUTES,
    LEAST_GRACE_MINUTES,
    MOST_GRACE_MINUTES,
    MOST_WAIT_MINUTES,
    openings_ahead,
)
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    MigrationStatus,
    RunKind,
    ScheduledStartState,
    ScheduleState,
    ScheduleTiming,
    WhenWindowCloses,
)
from migrations_app.models import Migration, Schedule, ScheduledStart
from migrations_app.models.actor import SYSTEM
from migrations_app.selectors.windows import hours_of, windows_of
from migrations_app.services import audit, due_times, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.versions import Seen, next_version

KINDS = (RunKind.APPLY, RunKind.DRY_RUN)
_NEEDED = {RunKind.APPLY: Permission.EXECUTE, RunKind.DRY_RUN: Permission.VALIDATE}


@operation("schedule.create", about="migration")
def create(
    *,
    actor: Actor,
    now: datetime,
    migration_id: int,
    timing: str,
    kind: str = RunKind.APPLY,
    digest: str = "",
    at: datetime | None = None,
    zone: str = "UTC",
    first: datetime | None = None,
    recurrence: str = "",
    grace_minutes: int = GRACE_MINUTES,
    window_closes: str = WhenWindowCloses.FINISH,
) -> int:
    """Returns its id. `digest` is the plan that was read; without one the newest. Raises InvalidInput and Conflict.

    `when_ready` waits for its targets, its predecessors and whatever else is unmet, for `grace_minutes` at the most.
    `at` goes with the timing `at`; `zone`, `first` (local) and `recurrence` with `recurring`.
    """
    check = Check()
    wanted = check.one_of("kind", kind, KINDS, "kind of run") or RunKind.DRY_RUN
    migration = finding.migration(migration_id, actor=actor, permission=_NEEDED[RunKind(wanted)], lock=True)
    row = Schedule(migration=migration, created_by=finding.person(actor), created_at=now, changed_at=now)
    row.kind = wanted
    row.timing = check.one_of("timing", timing, list(ScheduleTiming), "timing")
    row.digest = _digest(migration, RunKind(wanted), digest)
    if row.timing == ScheduleTiming.WHEN_READY and row.kind != RunKind.APPLY:
        check.problem("timing", "A dry run waits for nothing.", "Start it now, or choose a time.", "not_possible")
    _fill(check, row, grace_minutes=grace_minutes, window_closes=window_closes)
    _may_run_unattended(check, row)
    due_at = due_times.due_at_of(check, row, now=now, at=at, zone=zone, first=first, recurrence=recurrence)
    check.done()
    if due_at is not None:
        row.due_at = due_at
    _none_waits(migration, row.kind)
    row.save()
    _record(actor, now, "schedule.create", row, None)
    return row.pk


@operation("schedule.edit", about="schedule")
def edit(
    *,
    actor: Actor,
    now: datetime,
    schedule_id: int,
    at: datetime | None = None,
    grace_minutes: int | None = None,
    window_closes: str | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. `at` makes it one of the timing `at`; a recurring one keeps its rule."""
    row = _locked(actor, schedule_id)
    next_version(row, "This schedule", seen)
    before = _facts(row)
    check = Check()
    if at is not None and row.timing != ScheduleTiming.RECURRING:  # one that was to wait may not be as late as that
        row.timing, row.grace_minutes = ScheduleTiming.AT, min(row.grace_minutes, MOST_GRACE_MINUTES)
    _fill(
        check,
        row,
        grace_minutes=row.grace_minutes if grace_minutes is None else grace_minutes,
        window_closes=row.window_closes if window_closes is None else window_closes,
    )
    if at is not None and row.timing == ScheduleTiming.RECURRING:
        check.problem("at", "A recurring schedule has no single time.", "Cancel it and make another.", "not_possible")
    elif at is not None:
        row.due_at = due_times.at_of(check, row, now, at) or row.due_at
    check.done()
    row.changed_at = now
    row.save()
    _record(actor, now, "schedule.edit", row, before)


@operation("schedule.cancel", about="schedule")
def cancel(*, actor: Actor, now: datetime, schedule_id: int) -> None:
    """Nothing starts from it any more. A run that it has started goes on."""
    row = _locked(actor, schedule_id)
    before = _facts(row)
    row.state, row.ended_at, row.changed_at = ScheduleState.CANCELLED, now, now
    row.version += 1
    row.save()
    _record(actor, now, "schedule.cancel", row, before)


def follow_freezes(environment_id: int | None, *, now: datetime) -> None:
    """A freeze has changed, there or everywhere: `follow_windows` of each environment that it concerns."""
    waiting = Schedule.objects.filter(state=ScheduleState.WAITING, timing=ScheduleTiming.NEXT_WINDOW)
    if environment_id is not None:
        waiting = waiting.filter(migration__environment=environment_id)
    for place in sorted(set(waiting.values_list("migration__environment", flat=True))):
        follow_windows(place, now=now)


def follow_windows(environment_id: int, *, now: datetime) -> None:
    """The windows have changed: what waits for the next one waits for the one that is next now.

    Where none opens any more it stays due when it was, and is missed then. What was started in a window has until that
    one closes now. Call it before the caller's audit entry.
    """
    _follow_closings(environment_id, now=now)
    waiting = Schedule.objects.filter(
        migration__environment=environment_id,
        state=ScheduleState.WAITING,
        timing=ScheduleTiming.NEXT_WINDOW,
        due_at__gt=now,
    )
    moved = []
    for row in waiting.select_related("migration__environment").order_by("pk"):
        ahead = openings_ahead(windows_of(environment_id), now, due_times.freezes_ahead(row.migration, now))
        if ahead and ahead[0].opens_at != row.due_at:
            before = _facts(row)
            unchanged = waiting.filter(pk=row.pk, due_at=row.due_at)
            row.due_at = ahead[0].opens_at
            if unchanged.update(due_at=row.due_at, changed_at=now) == 1:
                moved.append((row, before))
    for row, before in moved:
        _record(SYSTEM, now, "schedule.move", row, before)


def _follow_closings(environment_id: int, *, now: datetime) -> None:
    """One that is closed now has closed now, also for a run that was started in it. Without windows none closes, and
    the kept end stays, so that it is known who was started in one when a window is brought back."""
    hours = hours_of(environment_id, now)
    if hours is None:
        return
    under_way = ScheduledStart.objects.filter(
        run__environment=environment_id, state=ScheduledStartState.STARTED, closed_at=None, closes_at__isnull=False
    ).exclude(run__state__in=FINAL_RUN_STATES)
    under_way.update(closes_at=hours.open_until or now)


def _locked(actor: Actor, schedule_id: int) -> Schedule:
    found: Schedule = finding.one(
        Schedule.objects.select_related("migration__environment"),
        schedule_id,
        "schedule",
        actor=actor,
        permission=Permission.VIEW,
        place=lambda row: row.migration.environment,
        look="the calendar",
    )
    finding.migration(found.migration_id, actor=actor, permission=_NEEDED[RunKind(found.kind)], lock=True)
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("migration__environment")
    row = rows.get(pk=found.pk)
    if row.state != ScheduleState.WAITING:
        raise Conflict(
            f"This schedule is {row.get_state_display()}; nothing was changed.",
            "Make a new one.",
            reason="schedule_over",
        )
    return row


def _digest(migration: Migration, kind: RunKind, digest: str) -> str:
    revision = finding.newest_revision(migration)
    if revision is None:
        raise Conflict(
            f"“{migration.title}” has no plan yet; nothing was scheduled.", "Plan it first.", reason="not_planned"
        )
    if kind is not RunKind.APPLY:
        return ""
    if migration.status not in (MigrationStatus.PLANNED, MigrationStatus.VALIDATING):
        raise Conflict(
            f"“{migration.title}” is {migration.get_status_display()}; nothing was scheduled.",
            "Clone it and plan the copy.",
            reason="wrong_status",
        )
    if digest and digest != revision.digest:
        raise Conflict(
            f"The plan is {revision.digest[:12]} now, and you asked for {digest[:12]}. Nothing was scheduled.",
            "Look at the new revision and schedule that one.",
            reason="digest_changed",
            digest=revision.digest,
        )
    return revision.digest


def _may_run_unattended(check: Check, row: Schedule) -> None:
    """Nobody is there to mend it, so what fails has to be taken back by itself."""
    revision = finding.newest_revision(row.migration)
    options = revision.content["options"] if revision else {}
    for name in ("auto_rollback", "rollback_enabled") if row.kind == RunKind.APPLY else ():
        if not options.get(name, True):
            check.problem(
                f"options.{name}",
                f"The plan has “{name}” turned off, and nobody would be there to mend a failure.",
                "Turn it on and plan again, or start the run yourself.",
                "unattended",
            )


def _fill(check: Check, row: Schedule, *, grace_minutes: object, window_closes: object) -> None:
    most = MOST_WAIT_MINUTES if row.timing == ScheduleTiming.WHEN_READY else MOST_GRACE_MINUTES
    row.grace_minutes = check.integer("grace_minutes", grace_minutes, least=LEAST_GRACE_MINUTES, most=most)
    row.window_closes = check.one_of("window_closes", window_closes, list(WhenWindowCloses), "choice")


def _none_waits(migration: Migration, kind: str) -> None:
    """The migration's row is locked, so this holds until the new row is in; a constraint stands behind it."""
    waiting = Schedule.objects.filter(migration=migration, kind=kind, state=ScheduleState.WAITING).first()
    if waiting is not None:
        raise Conflict(
            f"“{migration.title}” is scheduled already, for {waiting.due_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            "Change that schedule, or cancel it first.",
            reason="already_scheduled",
            schedule=waiting.pk,
        )


def _facts(row: Schedule) -> dict[str, Any]:
    return {
        "title": row.migration.title,
        "kind": str(row.kind),
        "timing": str(row.timing),
        "due_at": row.due_at.isoformat(),
        "recurrence": row.recurrence,
        "grace_minutes": row.grace_minutes,
        "window_closes": str(row.window_closes),
        "state": str(row.state),
    }


def _record(actor: Actor, now: datetime, action: str, row: Schedule, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="migration",
        object_id=row.migration_id,
        environment=row.migration.environment.name,
        before=before,
        after={**_facts(row), "schedule": row.pk},
    )
