"""Targets as a plan names them, beside what they are now."""

from dataclasses import dataclass
from typing import Any

from migrations_app.engine.plan import Plan, content_digest
from migrations_app.engine.store_kinds import pair_of, store_kind
from migrations_app.models import PlanRevision, Target


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """`changed_since`: its configuration is no longer what was planned with. `fingerprint` as the plan's analysis
    saw it."""

    role: str
    target_id: int
    name: str
    kind: str
    config_digest: str
    changed_since: bool
    fingerprint: tuple[tuple[str, str], ...]


def planned_targets(revision: PlanRevision) -> tuple[PlannedTarget, ...]:
    plan = Plan.from_content(revision.content)
    configs = dict(Target.objects.filter(pk__in=[t.id for t in plan.targets]).values_list("pk", "config"))
    return tuple(
        PlannedTarget(
            role=target.role,
            target_id=target.id,
            name=target.name,
            kind=str(target.kind),
            config_digest=target.config_digest,
            changed_since=target.config_digest != content_digest(configs.get(target.id, {})),
            fingerprint=_pairs(revision.fingerprints.get(target.role, {})),
        )
        for target in plan.targets
    )


def planned_kinds(revision: PlanRevision) -> dict[str, str]:
    """Role -> kind of store, as the plan's targets are configured now."""
    targets = revision.content["targets"]
    configs = dict(Target.objects.filter(pk__in=[each["id"] for each in targets]).values_list("pk", "config"))
    return {each["role"]: store_kind(configs.get(each["id"], {})) for each in targets}


def planned_pair(revision: PlanRevision) -> str:
    """`redis to postgres`."""
    return pair_of(planned_kinds(revision))


def changed_targets(revision: PlanRevision) -> tuple[str, ...]:
    """Names of the plan's targets whose configuration is another one now."""
    return tuple(target.name for target in planned_targets(revision) if target.changed_since)


def _pairs(values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in sorted(values.items()))
