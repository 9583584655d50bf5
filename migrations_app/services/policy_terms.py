"""What somebody wants a policy to say, checked: every problem with its field at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import Group

from migrations_app.engine.vocabulary import MigrationType, PolicyScope, RiskLevel, Role
from migrations_app.models import Environment, PolicyRequirement, PolicyType, PolicyVersion
from migrations_app.services.checking import Check

MOST_REQUIREMENTS = 10
MOST_SIGNERS = 20
_CONDITIONS = ("scope", "environments", "types", "risk_at_least", "zero_downtime", "irreversible")


@dataclass(frozen=True, slots=True)
class Required:
    count: int
    role: str
    group: Group | None


@dataclass(frozen=True, slots=True)
class Terms:
    scope: str
    environments: tuple[Environment, ...]
    types: tuple[str, ...]
    risk_at_least: str
    zero_downtime: bool | None
    irreversible: bool | None
    requirements: tuple[Required, ...]
    comment_required: bool = False

    def same_as(self, other: "Terms") -> bool:
        """In whatever order environments, types and requirements were named."""
        return self._unordered == other._unordered

    @property
    def _unordered(self) -> tuple[object, ...]:
        mine = replace(self, environments=(), types=(), requirements=())
        return mine, set(self.environments), set(self.types), Counter(self.requirements)

    def write(self, version: PolicyVersion) -> None:
        """Save a new version that says this; its state is `proposed`, as the schema's triggers want."""
        version.scope, version.risk_at_least = self.scope, self.risk_at_least
        version.zero_downtime, version.irreversible = self.zero_downtime, self.irreversible
        version.comment_required = self.comment_required
        version.save()
        version.environments.set(self.environments)
        PolicyType.objects.bulk_create([PolicyType(version=version, type=kind) for kind in self.types])
        PolicyRequirement.objects.bulk_create(
            [PolicyRequirement(version=version, role=r.role, group=r.group, count=r.count) for r in self.requirements]
        )


def read(
    check: Check,
    conditions: Mapping[str, Any],
    requirements: Sequence[Mapping[str, Any]],
    comment_required: bool = False,
) -> Terms:
    """`conditions` by the names of the columns, environments by name; a condition that is left out does not bind.

    A requirement is `{"role": ..., "count": n}` or `{"group": name, "count": n}`; none at all means no signature.
    """
    for name in sorted(conditions.keys() - set(_CONDITIONS)):
        check.problem(f"conditions.{name}", f"There is no condition “{name}”.", f"Use: {', '.join(_CONDITIONS)}.")
    scope = check.one_of("conditions.scope", conditions.get("scope", PolicyScope.EVERY), list(PolicyScope), "scope")
    named = _environments(check, conditions.get("environments") or (), scope)
    types = conditions.get("types") or ()
    known = list(MigrationType)
    comment = check.flag("comment_required", comment_required)
    if comment and not requirements:
        check.problem(
            "comment_required",
            "No signature is asked for, so none can have a comment.",
            "Ask for one, or leave it out.",
        )
    return Terms(
        scope=scope,
        environments=named,
        types=tuple(sorted({check.one_of("conditions.types", kind, known, "migration type") for kind in types})),
        risk_at_least=check.one_of(
            "conditions.risk_at_least", conditions.get("risk_at_least") or RiskLevel.LOW, list(RiskLevel), "risk level"
        ),
        zero_downtime=_either(check, "zero_downtime", conditions),
        irreversible=_either(check, "irreversible", conditions),
        requirements=_requirements(check, requirements),
        comment_required=comment,
    )


def plain(count: int, environment: Environment) -> Terms:
    """So many approvers, for every plan in that environment."""
    required = (Required(count, Role.APPROVER, None),) if count else ()
    return Terms(PolicyScope.NAMED, (environment,), (), RiskLevel.LOW, None, None, required)


def _environments(check: Check, names: Sequence[Any], scope: str) -> tuple[Environment, ...]:
    field = "conditions.environments"
    wanted = {check.text(field, name, most=60, required=True) for name in names}
    found = tuple(Environment.objects.filter(name__in=wanted).order_by("position"))
    for name in sorted(wanted - {environment.name for environment in found} - {""}):
        check.problem(field, f"There is no environment “{name}”.", "Choose one of the environments.", "unknown")
    if scope == PolicyScope.NAMED and not wanted:
        check.problem(field, "No environment is named.", "Name one at least, or choose every environment.", "required")
    if scope and scope != PolicyScope.NAMED and wanted:
        check.problem(field, f"Environments are named, and the scope is “{scope}”.", "Use the scope “named”.")
    return found


def _either(check: Check, name: str, conditions: Mapping[str, Any]) -> bool | None:
    value = conditions.get(name)
    return None if value is None else check.flag(f"conditions.{name}", value)


def _requirements(check: Check, requirements: Sequence[Mapping[str, Any]]) -> tuple[Required, ...]:
    if len(requirements) > MOST_REQUIREMENTS:
        check.problem("requirements", f"There are {len(requirements)} of them.", f"Use at most {MOST_REQUIREMENTS}.")
        return ()
    found = [_required(check, f"requirements.{at}", each) for at, each in enumerate(requirements)]
    whom = [(required.role, required.group) for required in found]
    for at, each in enumerate(whom):
        if any(each) and each in whom[:at]:
            field = f"requirements.{at}"
            check.problem(field, "The same people are asked for above.", "Add the two numbers up.", "twice")
    if sum(required.count for required in found) > MOST_SIGNERS:
        check.problem("requirements", "These are many people for one plan.", f"Ask for at most {MOST_SIGNERS}.")
    return tuple(found)


def _required(check: Check, field: str, given: Mapping[str, Any]) -> Required:
    role, name = given.get("role") or "", given.get("group") or ""
    count = check.integer(f"{field}.count", given.get("count", 1), least=1, most=MOST_SIGNERS)
    if bool(role) == bool(name):
        check.problem(field, "It asks for people by role or by group.", "Give one of the two.", "one_of_two")
        return Required(count, "", None)
    if role:
        return Required(count, check.one_of(f"{field}.role", role, list(Role), "role"), None)
    group = Group.objects.filter(name=name).first() if isinstance(name, str) else None
    if group is None:
        check.problem(
            f"{field}.group", f"There is no group “{str(name)[:60]}”.", "Choose one of the groups.", "unknown"
        )
    return Required(count, "", group)
