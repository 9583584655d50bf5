"""Policies of the tests, put in force the way the services do it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import PolicyState
from migrations_app.models import Environment, Policy, PolicyVersion
from migrations_app.services import policies
from migrations_app.services.actor import SYSTEM, Actor


def with_environment(environment: Environment, count: int, now: datetime) -> None:
    """Its first policy: so many approvers sign every plan there."""
    policies.make_with_environment(environment=environment, count=count, actor=SYSTEM, now=now)


def in_force(
    admins: tuple[Actor, Actor],
    now: datetime,
    *,
    name: str = "Careful",
    requirements: Iterable[Mapping[str, Any]] = ({"role": "approver", "count": 1},),
    **conditions: Any,
) -> int:
    """A new policy that the first admin proposed and the second confirmed. Returns its id."""
    first, second = admins
    made = policies.propose(
        actor=first, now=now, name=name, conditions=conditions, requirements=list(requirements), reason="for the test"
    )
    policies.confirm(actor=second, now=now, policy_id=made, number=1)
    return made


def asks_for(environment: Environment, count: int, admins: tuple[Actor, Actor], now: datetime) -> None:
    """Another version of the environment's own policy, in force: so many approvers from now on."""
    first, second = admins
    policy = Policy.objects.get(environment=environment)
    number = policies.propose_change(
        actor=first,
        now=now,
        policy_id=policy.pk,
        conditions={"scope": "named", "environments": [environment.name]},
        requirements=[{"role": "approver", "count": count}] if count else [],
    )
    policies.confirm(actor=second, now=now, policy_id=policy.pk, number=number)


def without_any() -> None:
    """As if every policy had been retired."""
    PolicyVersion.objects.filter(state=PolicyState.ACTIVE).update(state=PolicyState.RETIRED)
