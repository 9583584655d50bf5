"""The policies in force as the engine knows them, and what they ask of a plan."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.engine.policy import Asked, Conditions, PlanTraits, Policy, Requirement, ask, slots_of
from migrations_app.engine.vocabulary import MigrationType, PolicyScope, PolicyState, RiskLevel, Role
from migrations_app.models import Environment, Migration, PlanRevision, PolicyVersion
from migrations_app.selectors.risk import level_now


def with_terms(versions: QuerySet[PolicyVersion]) -> QuerySet[PolicyVersion]:
    """The joins that `policy_of` needs: four queries however many there are."""
    return versions.select_related("policy").prefetch_related("environments", "types", "requirements__group")


def in_force() -> tuple[Policy, ...]:
    """The active version of every policy, by name."""
    active = PolicyVersion.objects.filter(state=PolicyState.ACTIVE).order_by("policy__name")
    return tuple(policy_of(version) for version in with_terms(active))


def policy_of(version: PolicyVersion) -> Policy:
    return Policy(
        id=version.pk,
        policy_id=version.policy_id,
        name=version.policy.name,
        version=version.number,
        conditions=Conditions(
            scope=PolicyScope(version.scope),
            environments=frozenset(environment.name for environment in version.environments.all()),
            types=frozenset(MigrationType(row.type) for row in version.types.all()),
            risk_at_least=RiskLevel(version.risk_at_least),
            zero_downtime=version.zero_downtime,
            irreversible=version.irreversible,
        ),
        requirements=tuple(
            Requirement(row.count, Role(row.role) if row.role else None, row.group.name if row.group else "")
            for row in version.requirements.all()
        ),
        comment_required=version.comment_required,
    )


def traits_of(migration: Migration, revision: PlanRevision | None, risk: RiskLevel) -> PlanTraits:
    """Before there is a plan: what is known already, and for the rest what asks for the least.

    `risk`: its level at the moment of asking.
    """
    return PlanTraits(
        environment=migration.environment.name,
        protected=migration.environment.protected,
        type=MigrationType(migration.type),
        risk=risk,
        zero_downtime=revision.zero_downtime if revision else False,
        irreversible=revision.irreversible if revision else False,
    )


def asked_of(
    migration: Migration,
    revision: PlanRevision | None,
    *,
    now: datetime,
    policies: Iterable[Policy] | None = None,
    risk: RiskLevel | None = None,
) -> Asked:
    """What the policies in force now ask of this plan. `policies` and `risk`: where they are known already."""
    if risk is None:
        risk = level_now(migration, revision, now=now) if revision else RiskLevel.LOW
    return ask(
        in_force() if policies is None else policies,
        traits_of(migration, revision, risk),
        approval_required=revision.approval_required if revision else True,
    )


def least_signatures(
    environments: Iterable[Environment], policies: Iterable[Policy] | None = None
) -> Mapping[int, int]:
    """Environment id -> how many signatures every plan there needs, whatever else it is."""
    general = [p for p in (in_force() if policies is None else policies) if p.conditions.every_plan]
    return {
        place.pk: len(slots_of(p for p in general if p.conditions.hold_in(place.name, protected=place.protected)))
        for place in environments
    }
