"""Finding the row that a service is about, locked, or refusing in a way that does not betray hidden things."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from migrations_app.engine.vocabulary import FINAL_RUN_STATES
from migrations_app.models import Environment, Migration, Person, PlanRevision, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.services.permissions import Permission, require

LARGEST_ID = 2**63 - 1


def is_key(key: Any) -> bool:
    """Whether the database could hold it as a row's number."""
    return isinstance(key, int) and not isinstance(key, bool) and 0 < key <= LARGEST_ID


def one(
    rows: QuerySet[Any],
    key: Any,
    noun: str,
    *,
    actor: Actor,
    permission: Permission,
    place: Callable[[Any], Environment | None] = attrgetter("environment"),
    look: str = "",
    of_all_is_known: bool = False,
) -> Any:
    """The row with this key, whose `place` the actor has the permission in; None is the whole installation.

    Raises NotFound in the same words where there is no such row and where the actor may not know of it, and
    PermissionDenied. `look` says where else to look. `of_all_is_known`: everybody sees those of the whole installation.
    """
    found = rows.filter(pk=key).first() if is_key(key) else None
    absent = NotFound(f"There is no {noun} {str(key)[:20]}.", f"Look at {look or f'the list of {noun}s'}.")
    if found is None:
        raise absent
    where = place(found)
    require(actor, permission, where, absent=None if where is None and of_all_is_known else absent)
    return found


def environment(environment_id: int, *, actor: Actor, permission: Permission, lock: bool = False) -> Environment:
    rows = Environment.objects.select_for_update() if lock else Environment.objects.all()
    found: Environment = one(
        rows, environment_id, "environment", actor=actor, permission=permission, place=lambda row: row
    )
    return found


def migration(migration_id: int, *, actor: Actor, permission: Permission, lock: bool = False) -> Migration:
    """`lock` locks the migration's row alone: every write about a migration queues there."""
    rows = Migration.objects.select_for_update(of=("self",)) if lock else Migration.objects.all()
    found: Migration = one(
        rows.select_related("environment"), migration_id, "migration", actor=actor, permission=permission
    )
    return found


def target(target_id: int, *, actor: Actor, permission: Permission, lock: bool = False) -> Target:
    rows = Target.objects.select_for_update(of=("self",)) if lock else Target.objects.all()
    found: Target = one(rows.select_related("environment"), target_id, "target", actor=actor, permission=permission)
    return found


def person(actor: Actor) -> Person:
    """The person behind the actor. Raises PermissionDenied for Snakeweb itself and for strangers."""
    found = Person.objects.filter(pk=actor.person_id, is_active=True).first() if actor.person_id else None
    if found is None:
        raise PermissionDenied("Only a person who is logged in can do this.", "Log in.")
    return found


def newest_revision(migration: Migration) -> PlanRevision | None:
    return PlanRevision.objects.filter(migration=migration).order_by("-number").first()


def live_run(migration: Migration) -> Run | None:
    return Run.objects.filter(migration=migration).exclude(state__in=FINAL_RUN_STATES).first()


def no_live_run(migration: Migration, what: str) -> None:
    """Raises Conflict while a run is under way."""
    run = live_run(migration)
    if run is not None:
        raise Conflict(
            f"“{migration.title}” cannot be {what} while run {run.pk} is under way; nothing was changed.",
            "Wait until the run has ended, or cancel it.",
            reason="run_under_way",
            run=run.pk,
        )
