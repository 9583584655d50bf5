"""Who has to sign: policies are conditions on a plan, and what those that match ask for (DESIGN section 5).

All policies that match apply; each requirement is that many slots; one signature fills one slot; distinct people. A
plan that no policy matches is blocked. Conditions are a closed set of typed fields; there is no expression language.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrations_app.engine.assignment import assignment
from migrations_app.engine.vocabulary import Decision, MigrationType, PolicyScope, RiskLevel, Role

WITH_A_COMMENT = ", each with a comment"
_RISKS = tuple(RiskLevel)


@dataclass(frozen=True, slots=True)
class PlanTraits:
    """What policies look at. `irreversible`: some step cannot be undone."""

    environment: str
    protected: bool
    type: MigrationType
    risk: RiskLevel
    zero_downtime: bool
    irreversible: bool


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them have to hold. No `types`: every type. None: either way. `environments` are for `NAMED` only."""

    scope: PolicyScope = PolicyScope.EVERY
    environments: frozenset[str] = frozenset()
    types: frozenset[MigrationType] = frozenset()
    risk_at_least: RiskLevel = RiskLevel.LOW
    zero_downtime: bool | None = None
    irreversible: bool | None = None

    def hold_in(self, environment: str, *, protected: bool) -> bool:
        if self.scope is PolicyScope.NAMED:
            return environment in self.environments
        return protected or self.scope is PolicyScope.EVERY

    def hold_for(self, plan: PlanTraits) -> bool:
        return (
            self.hold_in(plan.environment, protected=plan.protected)
            and (not self.types or plan.type in self.types)
            and _RISKS.index(plan.risk) >= _RISKS.index(self.risk_at_least)
            and self.zero_downtime in (None, plan.zero_downtime)
            and self.irreversible in (None, plan.irreversible)
        )

    @property
    def every_plan(self) -> bool:
        """Whether nothing but the environment decides."""
        return self == Conditions(self.scope, self.environments)

    def without(self, environments: frozenset[str]) -> "Conditions":
        """For a reader who may not know of these environments."""
        return replace(self, environments=self.environments - environments)

    def sentence(self) -> str:
        """`session migrations of high risk in staging`."""
        kinds = " or ".join(kind.replace("_", " ") + "s" for kind in sorted(self.types)) or "plans"
        return " ".join(part for part in (kinds, self._which(), self._where()) if part)

    def _which(self) -> str:
        said = []
        if self.risk_at_least is RiskLevel.MEDIUM:
            said.append("of medium or high risk")
        elif self.risk_at_least is RiskLevel.HIGH:
            said.append("of high risk")
        if self.zero_downtime is not None:
            said.append("with zero downtime" if self.zero_downtime else "with a pause")
        if self.irreversible is not None:
            said.append("with an irreversible step" if self.irreversible else "without an irreversible step")
        return ", ".join(said)

    def _where(self) -> str:
        if self.scope is PolicyScope.NAMED:
            return f"in {' or '.join(sorted(self.environments))}"
        return "in every environment" if self.scope is PolicyScope.EVERY else "in protected environments"


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many people with that role, or in that group. One of the two is given."""

    count: int
    role: Role | None = None
    group: str = ""

    def sentence(self) -> str:
        return f"{self.count} {_whom(self.role, self.group, self.count)}"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy; `id` is that of the version. No requirements: such plans need no signature.

    `comment_required`: each approval of such a plan has to say something.
    """

    id: int
    policy_id: int
    name: str
    version: int
    conditions: Conditions
    requirements: tuple[Requirement, ...]
    comment_required: bool = False

    @property
    def requires(self) -> str:
        """`1 member of dba and 2 approvers, each with a comment`."""
        asked = " and ".join(requirement.sentence() for requirement in self.requirements)
        return f"{asked}{WITH_A_COMMENT if self.comment_required else ''}" if asked else "no signature"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one signature."""

    policy: str
    version: int
    role: Role | None = None
    group: str = ""

    def sentence(self) -> str:
        return f"{_article(self.role, self.group)} {_whom(self.role, self.group, 1)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who may sign here, with what decides which slots they can fill."""

    person: str
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()

    def fits(self, slot: Slot) -> bool:
        return slot.group in self.groups if slot.role is None else slot.role in self.roles


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """One live (not voided) signature. `not_eligible_because` says why it does not count today, empty: it does."""

    person: str
    decision: Decision
    digest: str
    not_eligible_because: str = ""
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a plan. `blocked`: signatures are wanted, and no policy says whose. `comment_for` names the
    policies that ask for a comment with each signature."""

    policies: tuple[Policy, ...] = ()
    slots: tuple[Slot, ...] = ()
    blocked: bool = False

    @property
    def comment_for(self) -> tuple[str, ...]:
        return tuple(policy.name for policy in self.policies if policy.comment_required)


NOTHING_ASKED = Asked()


def matching(policies: Iterable[Policy], plan: PlanTraits) -> tuple[Policy, ...]:
    return tuple(policy for policy in policies if policy.conditions.hold_for(plan))


def slots_of(policies: Iterable[Policy]) -> tuple[Slot, ...]:
    """Those for a group first: who fits there is rarer."""
    found = [
        Slot(policy.name, policy.version, requirement.role, requirement.group)
        for policy in policies
        for requirement in policy.requirements
        for _ in range(requirement.count)
    ]
    return tuple(sorted(found, key=lambda slot: slot.role is not None))


def ask(policies: Iterable[Policy], plan: PlanTraits, *, approval_required: bool) -> Asked:
    """Without `approval_required` nothing is asked, whatever the policies say.

    That option can only be turned off where the floor allows it (`options.effective`).
    """
    if not approval_required:
        return NOTHING_ASKED
    found = matching(policies, plan)
    return Asked(found, slots_of(found), blocked=not found)


def counted(signatures: Iterable[SignatureFact], digest: str) -> frozenset[str]:
    """The distinct people whose approval of exactly this digest counts now."""
    return frozenset(signer.person for signer in _signers(signatures, digest))


def declined(signatures: Iterable[SignatureFact], digest: str) -> bool:
    """One decline of this digest by somebody eligible blocks it, however many have approved."""
    return any(s.decision is Decision.REJECT and s.digest == digest and not s.not_eligible_because for s in signatures)


def filled(slots: Sequence[Slot], signatures: Iterable[SignatureFact], digest: str) -> dict[int, str]:
    """Index of a slot -> who fills it; as many as can be filled at once."""
    return _filled(slots, _signers(signatures, digest))


def outstanding(slots: Sequence[Slot], signatures: Iterable[SignatureFact], digest: str) -> tuple[Slot, ...]:
    """The slots that are still open; none: enough have signed."""
    taken = filled(slots, signatures, digest)
    return tuple(slot for index, slot in enumerate(slots) if index not in taken)


def could_help(
    slots: Sequence[Slot], signatures: Iterable[SignatureFact], digest: str, candidates: Iterable[Signer]
) -> tuple[str, ...]:
    """Which of the candidates would leave fewer slots open by signing."""
    signers = _signers(signatures, digest)
    before = len(_filled(slots, signers))
    return tuple(c.person for c in candidates if len(_filled(slots, [*signers, c])) > before)


def requirements_in_all(policies: Iterable[Policy]) -> list[dict[str, Any]]:
    """`[{"role": "approver", "count": 2}, {"group": "dba", "count": 1}]`: what they ask for together.

    With `"comment": True` where each signature has to say something.
    """
    given = list(policies)
    comment = {"comment": True} if any(policy.comment_required for policy in given) else {}
    counts: Counter[tuple[str, str]] = Counter()
    for policy in given:
        for each in policy.requirements:
            counts["role" if each.role else "group", each.role or each.group] += each.count
    return [{kind: str(name), "count": count} | comment for (kind, name), count in counts.items()]


def wanted(slots: Iterable[Slot]) -> str:
    """`1 member of dba and 2 approvers`; '' for none."""
    counts = Counter((slot.role, slot.group) for slot in slots)
    return " and ".join(f"{count} {_whom(role, group, count)}" for (role, group), count in counts.items())


def _signers(signatures: Iterable[SignatureFact], digest: str) -> list[Signer]:
    found = {
        s.person: Signer(s.person, s.roles, s.groups)
        for s in signatures
        if s.decision is Decision.APPROVE and s.digest == digest and not s.not_eligible_because
    }
    return list(found.values())


def _filled(slots: Sequence[Slot], signers: Sequence[Signer]) -> dict[int, str]:
    return assignment([[signer.person for signer in signers if signer.fits(slot)] for slot in slots])


def _whom(role: Role | None, group: str, count: int) -> str:
    """Everybody who signs is an approver; another role is asked for on top."""
    plural = "" if count == 1 else "s"
    if role is None:
        return f"member{plural} of {group}"
    if role is Role.APPROVER:
        return f"approver{plural}"
    return f"approver{plural} with the role {role}"


def _article(role: Role | None, group: str) -> str:
    return "a" if role is None else "an"
