"""Review policies: the list, and one with its versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group
from django.db.models import Q

from migrations_app.engine.vocabulary import MigrationType, PolicyScope, PolicyState, RiskLevel, Role
from migrations_app.models import Environment, Policy, PolicyVersion
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.policy_rules import policy_of, with_terms
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.young_roles import young_role

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """So many people with that role, or in that group; one of the two is ''."""

    role: str
    group: str
    count: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """`about` and `requires` say the terms as sentences; `environments` are those that the reader may see."""

    number: int
    state: PolicyState
    retires: bool
    with_environment: bool
    about: str
    requires: str
    scope: PolicyScope
    environments: tuple[str, ...]
    types: tuple[MigrationType, ...]
    risk_at_least: RiskLevel
    zero_downtime: bool | None
    irreversible: bool | None
    requirements: tuple[RequirementRow, ...]
    comment_required: bool
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """`active` is the version in force, `proposal` the one that waits; each may be None."""

    id: int
    name: str
    version: int
    active: VersionRow | None
    proposal: VersionRow | None


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """`why_not_confirm` is '' when this reader can confirm the proposal; without one it is '' too."""

    row: PolicyRow
    versions: tuple[VersionRow, ...]
    open_reviews: int
    can_propose: bool
    why_not_confirm: str


@dataclass(frozen=True, slots=True)
class PolicyChoices:
    """What a form of a policy offers."""

    environments: tuple[str, ...]
    groups: tuple[str, ...]


def list_policies(*, actor: Actor) -> tuple[PolicyRow, ...]:
    """Those about an environment that the actor may see, by name: first what waits, last what is in force no more."""
    access = access_of(actor)
    rows = tuple(_row(policy, _versions(policy, access)) for policy in _visible(access))
    return tuple(sorted(rows, key=lambda row: (row.proposal is None, row.active is None, row.name)))


def policy_row(*, actor: Actor, policy_id: int) -> PolicyRow:
    """Raises NotFound."""
    access = access_of(actor)
    policy = visible_policy(access, policy_id)
    return _row(policy, _versions(policy, access))


def policy_page(*, actor: Actor, policy_id: int, now: datetime) -> PolicyPage:
    """Raises NotFound."""
    access = access_of(actor)
    policy = visible_policy(access, policy_id)
    versions = _versions(policy, access)
    waiting = next((v for v in policy.versions.all() if v.state == PolicyState.PROPOSED), None)
    asked = policy.versions.filter(asked__dropped_at=None, asked__migration__review_state__in=("in_review", "approved"))
    return PolicyPage(
        row=_row(policy, versions),
        versions=versions,
        open_reviews=asked.filter(asked__migration__status__in=("planned", "validating")).count(),
        can_propose=access.can(Permission.MANAGE_POLICIES, None),
        why_not_confirm=_why_not(access, waiting, actor, now) if waiting else "",
    )


def policy_choices(*, actor: Actor) -> PolicyChoices:
    seen = Environment.objects.filter(access_of(actor).within(Permission.VIEW, "pk")).order_by("position")
    return PolicyChoices(
        tuple(seen.values_list("name", flat=True)),
        tuple(Group.objects.order_by("name").values_list("name", flat=True)),
    )


def visible_policy(access: Access, policy_id: int) -> Policy:
    """With all its versions. Raises NotFound, the same for one that is hidden."""
    usable = isinstance(policy_id, int) and 0 < policy_id <= LARGEST_ID
    found = next(iter(_visible(access, policy_id)), None) if usable else None
    if found is None:
        said = f"There is no policy {str(policy_id)[:20]} that you may see."
        absent = NotFound(said, "Look at the list of policies.")
        raise absent.unless_hidden(Policy.objects.filter(pk=policy_id if usable else 0))
    return found


def _visible(access: Access, policy_id: int | None = None) -> list[Policy]:
    """Also where only an older version was about an environment that the reader may see."""
    found = Policy.objects.filter(visible(access))
    prefetched = (found if policy_id is None else found.filter(pk=policy_id)).prefetch_related(
        "versions__environments",
        "versions__types",
        "versions__requirements__group",
        "versions__proposed_by",
        "versions__confirmed_by",
    )
    return list(prefetched)


def visible(access: Access) -> Q:
    """Filter for the policies with a version about an environment that they may see, or about no named one."""
    here = access.environments(Permission.VIEW)
    if here is None:
        return Q()
    versions = PolicyVersion.objects.filter(~Q(scope=PolicyScope.NAMED) | Q(environments__in=here))
    return Q(pk__in=versions.values("policy") if here else ())


def _seen(version: PolicyVersion, access: Access) -> bool:
    if version.scope != PolicyScope.NAMED:
        return True
    return any(access.can(Permission.VIEW, environment.pk) for environment in version.environments.all())


def _why_not(access: Access, waiting: PolicyVersion, actor: Actor, now: datetime) -> str:
    if not access.can(Permission.CONFIRM_POLICIES, None):
        return "only an admin can, in a browser"
    if waiting.proposed_by_id == actor.person_id:
        return "you proposed it: another admin has to"
    return young_admin(actor.person_id, waiting, now=now)


def young_admin(person_id: int | None, proposal: PolicyVersion, *, now: datetime) -> str:
    """Why an admin whom the proposer has just made one is no second admin yet; '' for everybody else."""
    to = [proposal.proposed_by_id] if proposal.proposed_by_id else []
    young = young_role(person_id, [Role.ADMIN], environment=None, to=to, now=now)
    return young.sentence("admin", "confirms", you=True) if young else ""


def _row(policy: Policy, versions: Iterable[VersionRow]) -> PolicyRow:
    by_state = {version.state: version for version in versions}
    active, proposal = by_state.get(PolicyState.ACTIVE), by_state.get(PolicyState.PROPOSED)
    return PolicyRow(policy.pk, policy.name, policy.version, active, proposal)


def _versions(policy: Policy, access: Access) -> tuple[VersionRow, ...]:
    """Newest first; versions about hidden environments alone are left out."""
    newest_first = sorted(policy.versions.all(), key=lambda version: -version.number)
    return tuple(version_row(version, access) for version in newest_first if _seen(version, access))


def version_row(version: PolicyVersion, access: Access) -> VersionRow:
    terms = policy_of(version)
    hidden = frozenset(e.name for e in version.environments.all() if not access.can(Permission.VIEW, e.pk))
    return VersionRow(
        number=version.number,
        state=PolicyState(version.state),
        retires=version.retires,
        with_environment=version.with_environment,
        about=terms.conditions.without(hidden).sentence() + (" and elsewhere" if hidden else ""),
        requires=terms.requires,
        scope=terms.conditions.scope,
        environments=tuple(sorted(terms.conditions.environments - hidden)),
        types=tuple(sorted(terms.conditions.types)),
        risk_at_least=terms.conditions.risk_at_least,
        zero_downtime=terms.conditions.zero_downtime,
        irreversible=terms.conditions.irreversible,
        requirements=tuple(
            RequirementRow(str(Role(each.role)) if each.role else "", each.group, each.count)
            for each in terms.requirements
        ),
        comment_required=version.comment_required,
        reason=version.reason,
        proposed_by=str(version.proposed_by or "Snakeweb"),
        proposed_at=version.proposed_at,
        confirmed_by=str(version.confirmed_by or ""),
        confirmed_at=version.confirmed_at,
        ended_at=version.ended_at,
    )


def visible_version(access: Access, policy_id: int, number: int) -> PolicyVersion:
    """Raises NotFound."""
    policy = visible_policy(access, policy_id)
    found = with_terms(policy.versions.filter(number=number)).first() if 0 < number < 2**31 else None
    if found is None or not _seen(found, access):
        raise NotFound(f"“{policy}” has no version {number}.", "Look at its page.")
    return found
