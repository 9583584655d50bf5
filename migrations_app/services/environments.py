"""Environments: dev, staging, production... Made and changed by admins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from migrations_app.engine.vocabulary import PolicyScope
from migrations_app.models import Environment, Policy
from migrations_app.selectors.policy_rules import in_force, least_signatures
from migrations_app.services import asking, audit, finding, policies
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.versions import Seen, next_version

MOST_APPROVALS = 20
LAST_POSITION = 30_000


def _facts(environment: Environment) -> dict[str, Any]:
    return {
        "name": environment.name,
        "position": environment.position,
        "protected": environment.protected,
        "break_glass_allowed": environment.break_glass_allowed,
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
    break_glass_allowed: bool = True,
    description: str = "",
) -> int:
    """Returns its id. Without a position it comes last in the order of promotion.

    `required_approvals` becomes its first policy: so many approvers sign each plan there. From then on that is
    changed like every policy, by two admins.
    """
    require(actor, Permission.MANAGE_ENVIRONMENTS, None)
    check = Check()
    environment = Environment(created_at=now)
    environment.name = check.name("name", name, most=60)
    if position is None:
        position = (Environment.objects.aggregate(last=Max("position"))["last"] or 0) + 10
    environment.break_glass_allowed = check.flag("break_glass_allowed", break_glass_allowed)
    _fill(check, environment, position=position, protected=protected, description=description)
    count = check.integer("required_approvals", required_approvals, least=0, most=MOST_APPROVALS)
    if Environment.objects.filter(name=environment.name).exists():
        check.problem("name", f"There is an environment “{environment.name}” already.", "Choose another name.", "taken")
    elif Policy.objects.filter(name=policies.name_with(environment.name)).exists():
        said = f"There is a policy “{policies.name_with(environment.name)}” already."
        check.problem("name", said, "Choose another name.", "taken")
    check.done()
    environment.save()
    policies.make_with_environment(environment=environment, count=count, actor=actor, now=now)
    _record(actor, now, "environment.create", environment, None, after={"required_approvals": count})
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
    break_glass_allowed: bool | None = None,
    description: str | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. `required_approvals` is refused unless it is what the policies ask for: two admins change
    those. So is taking the protection away while a policy in force is about protected environments.
    """
    environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_ENVIRONMENTS, lock=True)
    next_version(environment, environment.name, seen)
    before = _facts(environment)
    check = Check()
    _fill(
        check,
        environment,
        position=environment.position if position is None else position,
        protected=environment.protected if protected is None else protected,
        description=environment.description if description is None else description,
    )
    if break_glass_allowed is not None:
        environment.break_glass_allowed = check.flag("break_glass_allowed", break_glass_allowed)
    if required_approvals is not None:
        _as_the_policies_say(check, environment, required_approvals)
    if before["protected"] and not environment.protected:
        _no_policy_needs_it(check)
    check.done()
    if _facts(environment) == before:
        return
    environment.save()
    reviews = asking.open_reviews(environment)
    _record(actor, now, "environment.edit", environment, before)  # from here on the audit head is ours: no more locks
    asking.ask_again(reviews, actor=actor, now=now, because=f"Environment {environment.name} was changed")


def _as_the_policies_say(check: Check, environment: Environment, wanted: object) -> None:
    count = check.integer("required_approvals", wanted, least=0, most=MOST_APPROVALS)
    asked = least_signatures([environment])[environment.pk]
    if count != asked and not check.problems:
        check.problem(
            "required_approvals",
            f"The policies ask for {asked} here, and one admin alone does not change them.",
            "Propose another version of the policy; a second admin confirms it.",
            "policy",
        )


def _no_policy_needs_it(check: Check) -> None:
    about = [policy.name for policy in in_force() if policy.conditions.scope is PolicyScope.PROTECTED]
    if about:
        check.problem(
            "protected",
            f"“{about[0]}” asks for signatures in protected environments: without protection it would not apply.",
            "Have another version of that policy confirmed first.",
            "policy",
        )


def _fill(
    check: Check,
    environment: Environment,
    *,
    position: object,
    protected: object,
    description: object,
) -> None:
    environment.position = check.integer("position", position, least=0, most=LAST_POSITION)
    environment.protected = check.flag("protected", protected)
    environment.description = check.text("description", description, most=500)
    taken = Environment.objects.filter(position=environment.position).exclude(pk=environment.pk).first()
    if taken is not None:
        check.problem("position", f"Position {taken.position} is that of {taken.name}.", "Choose another.", "taken")


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    environment: Environment,
    before: dict[str, Any] | None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="environment",
        object_id=str(environment.pk),
        environment=environment.name,
        before=before,
        after={**_facts(environment), **(after or {})},
    )
