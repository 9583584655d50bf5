"""Migrations that have to do with one: what it runs after, what runs after it, and what wants its targets."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.dependencies import waves
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, MigrationStatus, RunKind, ScheduleState, ScheduleTiming
from migrations_app.models import Migration, MigrationTarget, Run, Schedule
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.dependencies import connected
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.run_rows import rows_of, with_names
from migrations_app.selectors.start_queue import seen_ahead_of

_OVER = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED, MigrationStatus.ROLLED_BACK)
MOST_SHARING = 50
MOST_CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Related:
    """One of the group. `percentage` is of its newest run (100 when completed), `run_id` that run."""

    id: int
    title: str
    environment: str
    status: MigrationStatus
    percentage: int
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """It starts as soon as it is ready. `said`: what stood in its way when somebody looked last; `ahead`: who went
    first then."""

    schedule_id: int
    since: datetime
    said: str
    ahead: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class RelatedPage:
    """`before` it waits for, `after` wait for it. `waves`: the whole group, each wave after the one before it.

    `edges` of the group are (before, after) by number. `hidden` of it are in environments that this viewer may not
    see. `sharing` want a target of it too. `candidates` are the newest that it could wait for, for whoever may say so.
    `completed` and `percentage` are of the whole group.
    """

    migration: Related
    before: tuple[Related, ...]
    after: tuple[Related, ...]
    waves: tuple[tuple[Related, ...], ...]
    edges: tuple[tuple[int, int], ...]
    sharing: tuple[Related, ...]
    candidates: tuple[Related, ...]
    hidden: int
    completed: int
    total: int
    percentage: int
    queue: Queue | None
    may_add: bool
    may_remove: bool


def related_page(*, actor: Actor, migration_id: int, now: datetime) -> RelatedPage:
    """Raises NotFound."""
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    after = connected([migration.pk])
    sharing = _sharing(migration, after)
    schedule = _waiting(migration)
    ahead = seen_ahead_of(schedule) if schedule else ()
    may_add = access.can(Permission.AUTHOR, migration.environment_id)
    candidates = _candidates(access, after) if may_add else []
    known = _seen(access, {*after, *sharing, *candidates, *(one.migration_id for one in ahead)}, now)
    group = [known[number] for number in after if number in known]
    return RelatedPage(
        migration=known[migration.pk],
        before=_named(known, sorted(after[migration.pk])),
        after=_named(known, sorted(number for number, others in after.items() if migration.pk in others)),
        waves=tuple(named for wave in waves(after) if (named := _named(known, wave))) if len(after) > 1 else (),
        edges=tuple(
            (before, number)
            for number in sorted(after)
            for before in sorted(after[number])
            if before in known and number in known
        ),
        sharing=_named(known, sharing),
        candidates=_named(known, candidates),
        hidden=len(after) - len(group),
        completed=sum(one.status is MigrationStatus.COMPLETED for one in group),
        total=len(group),
        percentage=sum(one.percentage for one in group) // len(group),
        queue=_queue(schedule, _named(known, [one.migration_id for one in ahead])) if schedule else None,
        may_add=may_add,
        may_remove=access.can(Permission.EXECUTE, migration.environment_id),
    )


def _named(known: Mapping[int, Related], numbers: Collection[int]) -> tuple[Related, ...]:
    return tuple(known[number] for number in numbers if number in known)


def _sharing(migration: Migration, group: Collection[int]) -> list[int]:
    """The newest others that are not over and have a target in common with it."""
    targets = MigrationTarget.objects.filter(migration=migration).values("target")
    rows = Migration.objects.filter(target_roles__target__in=targets).exclude(status__in=_OVER).exclude(pk__in=group)
    return list(rows.distinct().order_by("-pk").values_list("pk", flat=True)[:MOST_SHARING])


def _candidates(access: Access, group: Collection[int]) -> list[int]:
    rows = Migration.objects.filter(access.within(Permission.VIEW)).exclude(status__in=_OVER).exclude(pk__in=group)
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST_CANDIDATES])


def _waiting(migration: Migration) -> Schedule | None:
    rows = Schedule.objects.filter(migration=migration, state=ScheduleState.WAITING, timing=ScheduleTiming.WHEN_READY)
    return rows.select_related("migration__environment").first()


def _queue(schedule: Schedule, ahead: tuple[Related, ...]) -> Queue:
    start = schedule.starts.first()
    return Queue(schedule.pk, schedule.created_at, start.said if start else "", ahead)


def _seen(access: Access, numbers: Collection[int], now: datetime) -> dict[int, Related]:
    """Those that this viewer may see, by number, with their newest runs."""
    rows = Migration.objects.filter(access.within(Permission.VIEW), pk__in=numbers).select_related("environment")
    runs = Run.objects.filter(migration__in=numbers, kind=RunKind.APPLY).order_by("pk")
    newest = dict(runs.values_list("migration", "pk"))
    at_work = with_names(runs.filter(pk__in=newest.values()).exclude(state__in=FINAL_RUN_STATES))
    percentages = {row.migration_id: row.percentage for row in rows_of(at_work, now=now)}
    return {row.pk: _related(row, newest.get(row.pk), percentages.get(row.pk, 0)) for row in rows}


def _related(row: Migration, run_id: int | None, percentage: int) -> Related:
    status = MigrationStatus(row.status)
    done = 100 if status is MigrationStatus.COMPLETED else percentage
    return Related(row.pk, row.title, row.environment.name, status, done, run_id)
