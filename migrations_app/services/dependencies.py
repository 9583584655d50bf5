"""Which migrations run after which: said by those who may author, in whichever environment both are."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from migrations_app.engine.dependencies import MOST_PREDECESSORS, circle
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, MigrationDependency
from migrations_app.selectors.dependencies import connected
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, access_of

_NOT_STARTED = (MigrationStatus.DRAFT, MigrationStatus.PLANNED, MigrationStatus.VALIDATING)


@operation("dependency.add", about="migration")
def add(*, actor: Actor, now: datetime, migration_id: int, predecessor_id: int) -> None:
    """From now on the migration does not start before the predecessor has completed. Saying it again changes nothing.

    Raises Conflict for a circle, which it names. The plan and its signatures stay as they are: it only waits longer.
    """
    predecessor = finding.migration(predecessor_id, actor=actor, permission=Permission.VIEW)
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR)
    after = _locked(migration, predecessor)
    migration.refresh_from_db(fields=["status"])
    if predecessor.pk in after[migration.pk]:
        return
    _may_wait(migration, len(after[migration.pk]))
    if closed := circle(after, migration.pk, predecessor.pk):
        raise _closes(closed, actor)
    MigrationDependency.objects.create(
        migration=migration, predecessor=predecessor, created_by=finding.person(actor), created_at=now
    )
    _record(actor, now, "dependency.add", migration, before={}, after=_facts(predecessor))


@operation("dependency.remove", about="migration")
def remove(*, actor: Actor, now: datetime, migration_id: int, predecessor_id: int) -> None:
    """It waits for that one no longer. Needs the right to start it: the waiting may have been why it was signed."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.EXECUTE, lock=True)
    row = MigrationDependency.objects.filter(migration=migration, predecessor=predecessor_id).first()
    if row is None:
        raise NotFound(
            f"“{migration.title}” does not run after a migration {str(predecessor_id)[:20]}.",
            "Look at its page.",
        )
    _record(actor, now, "dependency.remove", migration, before=_facts(row.predecessor), after={})
    row.delete()


class _Grown(Exception):
    """Somebody tied more migrations to the two meanwhile."""


def _locked(migration: Migration, predecessor: Migration) -> dict[int, set[int]]:
    """What runs after what, of everything that hangs together with the two, which nobody else can change meanwhile.

    Two people who close one circle from two ends have some migration of it in common here. Locks are taken in one
    order; when more are needed than were foreseen they are given back first, or two could wait for each other.
    """
    ends = (migration.pk, predecessor.pk)
    while True:
        seen = connected(ends)
        with suppress(_Grown), transaction.atomic():
            rows = Migration.objects.select_for_update(of=("self",)).filter(pk__in=seen)
            list(rows.order_by("pk").values_list("pk"))
            there_now = connected(ends)
            if there_now.keys() - seen.keys():
                raise _Grown
            return there_now


def _may_wait(migration: Migration, predecessors: int) -> None:
    if migration.status not in _NOT_STARTED:
        raise Conflict(
            f"“{migration.title}” is {migration.get_status_display()} and waits for nothing more; nothing was changed.",
            "Clone it, and have the clone wait.",
            reason="wrong_status",
        )
    if predecessors >= MOST_PREDECESSORS:
        raise Conflict(
            f"“{migration.title}” runs after {predecessors} others already, which is the most; nothing was changed.",
            "Let one of those run after the other one.",
            reason="too_many",
        )


def _closes(numbers: tuple[int, ...], actor: Actor) -> Conflict:
    seen = Migration.objects.filter(access_of(actor).within(Permission.VIEW), pk__in=numbers)
    titles = {number: f"“{title}”" for number, title in seen.values_list("pk", "title")}
    way = " after ".join(titles.get(number, f"migration {number} of another environment") for number in numbers)
    return Conflict(
        f"They would wait for each other for ever: {way}. Nothing was changed.",
        "Take one of these off first.",
        reason="circle",
        circle=list(numbers),
    )


def _facts(predecessor: Migration) -> dict[str, object]:
    return {"after": {"id": predecessor.pk, "title": predecessor.title}}


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    migration: Migration,
    *,
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before=before,
        after={"title": migration.title, **after},
    )
