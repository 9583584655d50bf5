"""Environments: dev, staging, production... Made and changed by admins."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import Environment, Migration
from migrations_app.services import audit, finding, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require

MOST_APPROVALS = 20
LAST_POSITION = 30_000


def _facts(environment: Environment) -> dict[str, Any]:
    return {
        "name": environment.name,
        "position": environment.position,
        "protected": environment.protected,
        "required_approvals": environment.required_approvals,
        "description": environment.description,
    }


@operation("environment.create", about="environment")
def create(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    position: int | None = None,
    protected: bool = False,
    required_approvals: int = 0,
    description: str = "",
) -> int:
    """Returns its id. Without a position it comes last in the order of promotion."""
    require(actor, Permission.MANAGE_ENVIRONMENTS, None)
    check = Check()
    environment = Environment(created_at=now)
    environment.name = check.name("name", name, most=60)
    if position is None:
        position = (Environment.objects.aggregate(last=Max("position"))["last"] or 0) + 10
    _fill(
        check,
        environment,
        position=position,
        protected=protected,
        required_approvals=required_approvals,
        description=description,
    )
    if Environment.objects.filter(name=environment.name).exists():
        check.problem("name", f"There is an environment “{environment.name}” already.", "Choose another name.", "taken")
    check.done()
    environment.save()
    _record(actor, now, "environment.create", environment, None)
    return environment.pk


@operation("environment.edit", about="environment")
def edit(
    *,
    actor: Actor,
    now: datetime,
    environment_id: int,
    position: int | None = None,
    protected: bool | None = None,
    required_approvals: int | None = None,
    description: str | None = None,
) -> None:
    """What is None stays. Fewer approvals may complete reviews that are under way; more are asked for at the start."""
    environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_ENVIRONMENTS, lock=True)
    before = _facts(environment)
    check = Check()
    _fill(
        check,
        environment,
        position=environment.position if position is None else position,
        protected=environment.protected if protected is None else protected,
        required_approvals=environment.required_approvals if required_approvals is None else required_approvals,
        description=environment.description if description is None else description,
    )
    check.done()
    if _facts(environment) == before:
        return
    environment.save()
    waiting = Migration.objects.filter(environment=environment, review_state=ReviewState.IN_REVIEW)
    locked = list(waiting.select_for_update(of=("self",)).select_related("environment").order_by("pk"))
    _record(actor, now, "environment.edit", environment, before)  # from here on the audit head is ours: no more locks
    for migration in locked:
        signatures.recount(migration, actor=actor, now=now)


def _fill(
    check: Check,
    environment: Environment,
    *,
    position: object,
    protected: object,
    required_approvals: object,
    description: object,
) -> None:
    environment.position = check.integer("position", position, least=0, most=LAST_POSITION)
    environment.protected = check.flag("protected", protected)
    environment.required_approvals = check.integer(
        "required_approvals", required_approvals, least=0, most=MOST_APPROVALS
    )
    environment.description = check.text("description", description, most=500)
    taken = Environment.objects.filter(position=environment.position).exclude(pk=environment.pk).first()
    if taken is not None:
        check.problem("position", f"Position {taken.position} is that of {taken.name}.", "Choose another.", "taken")


def _record(actor: Actor, now: datetime, action: str, environment: Environment, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="environment",
        object_id=str(environment.pk),
        environment=environment.name,
        before=before,
        after=_facts(environment),
    )
