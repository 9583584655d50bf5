"""Take what has been proven in one environment to the next one: the same procedure, with targets of that place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.handlers import registry
from migrations_app.models import Environment, Migration, Run
from migrations_app.runtime import settings
from migrations_app.selectors.procedures import environment_after, newest_proof, proofs
from migrations_app.selectors.promotions import place_fields
from migrations_app.services import finding, planning
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check, invalid
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.planning import Planned


@operation("migration.promote", about="migration", atomic=False)
def promote(
    *,
    actor: Actor,
    now: datetime,
    migration_id: int,
    targets: Mapping[str, int],
    environment_id: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    title: str = "",
) -> Planned:
    """A new migration in the next environment, or in that later one, and its plan.

    Type, parameters and options are those of the migration whose apply run succeeded; options that the floor has
    outgrown are left to the floor. `targets` maps each role to a target there; `parameters` may only hold those that
    name something of a place. Raises InvalidInput with every problem by field, Conflict where nothing is proven;
    then there is no migration. Whoever wrote what is promoted cannot sign it there either.
    """
    original = finding.migration(migration_id, actor=actor, permission=Permission.VIEW)
    run = _proof(original)
    environment = _environment(actor, original, environment_id)
    given = _parameters(original, {} if parameters is None else parameters)
    options, _ = engine_options.raised(original.options, settings.current().floor())
    draft = MigrationDraft(
        title=title or original.title,
        environment_id=environment.pk,
        type=original.type,
        handler=original.handler,
        targets=targets,
        parameters=given,
        options=options,
        description=original.description,
    )
    return planning.make(actor, now, draft, promoted=run, still=lambda: _hold(original, run))


def _proof(original: Migration) -> Run:
    run = newest_proof(original) if original.status == MigrationStatus.COMPLETED else None
    if run is None:
        raise _not_proven(original)
    return run


def _hold(original: Migration, run: Run) -> None:
    """Planning took its time. Whoever begins a rollback locks the same row, so one of both comes first."""
    locked = Migration.objects.select_for_update(of=("self",)).get(pk=original.pk)
    if locked.status != MigrationStatus.COMPLETED or not proofs().filter(pk=run.pk).exists():
        raise _not_proven(original)


def _not_proven(original: Migration) -> Conflict:
    return Conflict(
        f"No run of “{original.title}” has succeeded and stands; nothing was promoted.",
        f"Run it in {original.environment.name} first, or promote another migration.",
        reason="not_proven",
    )


def _environment(actor: Actor, original: Migration, environment_id: int | None) -> Environment:
    """The very next one where none is asked for: one is skipped by whoever names another, and by nobody else."""
    if environment_id is not None:
        asked = finding.environment(environment_id, actor=actor, permission=Permission.AUTHOR)
        if asked.position <= original.environment.position:
            raise invalid(
                "environment",
                f"{asked.name} does not come after {original.environment.name} in the order of promotion.",
                "Choose a later one; to do it there again, clone the migration.",
                "not_later",
            )
        return asked
    following = environment_after(original.environment)
    if following is None:
        raise Conflict(
            f"{original.environment.name} is the last environment; nothing was promoted.",
            "Ask an admin for an environment after it, or clone the migration.",
            reason="no_next_environment",
        )
    require(actor, Permission.AUTHOR, following)
    return following


def _parameters(original: Migration, given: Mapping[str, Any]) -> dict[str, Any]:
    check = Check()
    handler = registry.all_handlers().get(original.handler)
    fields = place_fields(handler)
    for name in given.keys() - {field.name for field in fields}:
        known = ", ".join(field.name for field in fields) or "none"
        check.problem(
            f"parameters.{name}"[:80],
            "This belongs to what was proven and stays as it was.",
            f"Parameters that may differ here: {known}. For others, clone the migration.",
            "fixed",
        )
    check.done()
    return {**original.parameters, **given}
