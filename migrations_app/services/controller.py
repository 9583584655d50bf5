"""The migration controller under its original names: plan, execute, roll back, ask for the status.

Thin over the services that every door calls. The original execution example, here on two real stores in an
environment that asks for no signatures (`work()` stands for the workers, which drive runs in the background):

>>> migration_id, plan = plan_migration(actor=operator, now=now(), spec={
...     "type": "session_migration",
...     "environment": "dev",
...     "source": "sessions-redis",
...     "target": "sessions-postgres",
...     "options": {"zero_downtime": False, "parallel_workers": 1, "batch_size": 50},
... })
>>> [step["id"] for step in plan["steps"]]
['prepare', 'validate_target', 'backup', 'initialise', 'transfer', 'switch', 'verify', 'cleanup']
>>> plan["rollback_plan"]["steps"][-1]["undoes"]
'prepare'

A dry run comes first, because the policy asks for one:

>>> rehearsed = execute_migration(actor=operator, now=now(), migration_id=migration_id, opts={"dry_run": True})
>>> work()
>>> get_migration_status(actor=operator, now=now(), migration_id=migration_id)["metadata"]["run_state"]
'succeeded'

Execute the migration:

>>> result = execute_migration(actor=operator, now=now(), migration_id=migration_id)
>>> result["state"], result["steps_total"]
('queued', 8)
>>> work()

Monitor progress:

>>> status = get_migration_status(actor=operator, now=now(), migration_id=migration_id)
>>> status["status"], status["progress"]["percentage"], status["rollback_available"]
('completed', 100.0, True)

Roll back if needed:

>>> rollback_result = rollback_migration(actor=operator, now=now(), migration_id=migration_id)
>>> work()
>>> get_migration_status(actor=operator, now=now(), migration_id=migration_id)["status"]
'rolled_back'
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from migrations_app.models import Environment, Target
from migrations_app.models.migration import TITLE_LENGTH
from migrations_app.selectors import statuses
from migrations_app.services import planning, runs
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.permissions import Permission, access_of

__all__ = ["execute_migration", "get_migration_status", "plan_migration", "rollback_migration"]

_KEYS = ("id", "title", "description", "type", "handler", "environment", "source", "target", "parameters", "options")


def plan_migration(*, actor: Actor, now: datetime, spec: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Make a migration and its first plan. Returns its id and the plan's document.

    `source` and `target` are names of targets in `environment` (or maps with a `name`). Raises InvalidInput with
    every problem; then nothing was saved.
    """
    planned = planning.create_and_plan(actor=actor, now=now, draft=_draft(actor, spec))
    return planned.migration_id, statuses.plan_dict(actor=actor, migration_id=planned.migration_id, now=now)


def execute_migration(
    *, actor: Actor, now: datetime, migration_id: int, opts: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Start the plan, or only its dry run with `opts={"dry_run": True}`; a worker takes it from here.

    Returns the result as it is now, with the run's id. `opts["digest"]`: start only exactly that plan.
    """
    check = Check()
    given = check.mapping("opts", opts or {})
    for name in given.keys() - {"dry_run", "digest"}:
        check.problem(f"opts.{name}"[:80], "There is no such option here.", "Use dry_run or digest.", "unknown")
    only_look = check.flag("opts.dry_run", given.get("dry_run", False))
    digest = check.text("opts.digest", given.get("digest", ""), most=64)
    check.done()
    if only_look:
        run_id = runs.validate_migration(actor=actor, now=now, migration_id=migration_id)
    else:
        run_id = runs.execute_migration(actor=actor, now=now, migration_id=migration_id, digest=digest)
    return statuses.run_dict(actor=actor, run_id=run_id, now=now)


def rollback_migration(*, actor: Actor, now: datetime, migration_id: int) -> dict[str, Any]:
    """Undo a running or a finished migration. Returns the result of the run that undoes, as it is now."""
    run_id = runs.rollback_migration(actor=actor, now=now, migration_id=migration_id)
    return statuses.run_dict(actor=actor, run_id=run_id, now=now)


def get_migration_status(*, actor: Actor, now: datetime, migration_id: int) -> dict[str, Any]:
    """The status document. Raises NotFound."""
    return statuses.status_dict(actor=actor, migration_id=migration_id, now=now)


def _draft(actor: Actor, spec: Mapping[str, Any]) -> MigrationDraft:
    check = Check()
    given = check.mapping("spec", spec)
    for key in given.keys() - set(_KEYS):
        check.problem(f"spec.{key}"[:80], "There is no such key.", f"Keys are: {', '.join(_KEYS)}.", "unknown")
    named = check.text("environment", given.get("environment"), most=60, required=True)
    visible = access_of(actor).within(Permission.VIEW, "pk")
    environment = Environment.objects.filter(visible, name=named).first()
    if environment is None:
        check.problem("environment", f"There is no environment “{named}” that you may see.", "Use its name.", "unknown")
        check.done()
        raise AssertionError("a missing environment is a problem")
    names = {role: _name(check, role, given.get(role)) for role in ("source", "target") if role in given}
    known = dict(Target.objects.filter(environment=environment, name__in=names.values()).values_list("name", "pk"))
    for role, name in names.items():
        if name and name not in known:
            message = f"There is no target “{name}” in {environment.name}."
            check.problem(f"targets.{role}", message, "Use the name of a target there.", "unknown_target")
    check.done()
    title = given.get("title") or f"{given.get('type', 'Migration')}: {' to '.join(names.values())}"[:TITLE_LENGTH]
    return MigrationDraft(
        title=title,
        environment_id=environment.pk,
        type=given.get("type", ""),
        handler=given.get("handler", ""),
        targets={role: known[name] for role, name in names.items() if name},
        parameters=given.get("parameters", {}),
        options=given.get("options", {}),
        description=given.get("description", ""),
    )


def _name(check: Check, role: str, given: Any) -> str:
    value = given.get("name") if isinstance(given, Mapping) else given
    return check.text(f"targets.{role}", value, most=60, required=True)
