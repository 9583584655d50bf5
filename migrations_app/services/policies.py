"""Review policies: one admin proposes a version, another puts it in force. A version never changes.

Lock order: environments, policy, migrations, audit head.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import PolicyState
from migrations_app.models import Environment, Person, Policy, PolicyVersion
from migrations_app.models.policy import NAME_LENGTH
from migrations_app.selectors.policies import young_admin
from migrations_app.selectors.policy_rules import policy_of, with_terms
from migrations_app.services import asking, audit, finding, notifications, people, policy_terms
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied, SignInRequired
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.policy_terms import Terms
from migrations_app.services.presence import require_presence
from migrations_app.services.versions import Seen, require_seen

MOST_REASON = 500


@operation("policy.propose", about="policy")
def propose(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    conditions: Mapping[str, Any],
    requirements: Sequence[Mapping[str, Any]],
    comment_required: bool = False,
    reason: str = "",
) -> int:
    """A new policy as a proposal; it asks for nothing before another admin confirms it. Returns its id.

    `comment_required`: each approval of such a plan has to say something.
    """
    require(actor, Permission.MANAGE_POLICIES, None)
    person = finding.person(actor)
    check = Check()
    policy = Policy(name=check.text("name", name, most=NAME_LENGTH, required=True), created_at=now)
    terms = policy_terms.read(check, conditions, requirements, comment_required)
    text = check.text("reason", reason, most=MOST_REASON)
    if Policy.objects.filter(name=policy.name).exists():
        check.problem("name", f"There is a policy “{policy.name}” already.", "Choose another name.", "taken")
    check.done()
    policy.save()
    _write(actor, now, person, policy, terms, text)
    return policy.pk


@operation("policy.propose", about="policy")
def propose_change(
    *,
    actor: Actor,
    now: datetime,
    policy_id: int,
    conditions: Mapping[str, Any],
    requirements: Sequence[Mapping[str, Any]],
    comment_required: bool = False,
    reason: str = "",
    seen: Seen = None,
) -> int:
    """The next version, as a whole. Returns its number. A retired policy comes back this way."""
    policy, person = _locked(actor, policy_id, Permission.MANAGE_POLICIES), finding.person(actor)
    require_seen(f"“{policy}”", policy.version, seen)
    check = Check()
    terms = policy_terms.read(check, conditions, requirements, comment_required)
    text = check.text("reason", reason, most=MOST_REASON)
    check.done()
    _no_proposal(policy)
    active = _active(policy)
    if active is not None and _terms_of(active).same_as(terms):
        raise Conflict(
            f"Version {active.number} of “{policy}”, which is in force, says exactly this; nothing was proposed.",
            "Change what it asks for first.",
            reason="nothing_changes",
        )
    return _write(actor, now, person, policy, terms, text)


@operation("policy.propose", about="policy")
def propose_retirement(*, actor: Actor, now: datetime, policy_id: int, reason: str = "") -> int:
    """A version that ends the policy once it is confirmed. Returns its number."""
    policy, person = _locked(actor, policy_id, Permission.MANAGE_POLICIES), finding.person(actor)
    check = Check()
    text = check.text("reason", reason, most=MOST_REASON)
    check.done()
    _no_proposal(policy)
    active = _active(policy)
    if active is None:
        raise Conflict(f"“{policy}” is not in force; nothing was changed.", "There is nothing to do.", reason="retired")
    return _write(actor, now, person, policy, _terms_of(active), text, retires=True)


@operation("policy.confirm", about="policy")
def confirm(*, actor: Actor, now: datetime, policy_id: int, number: int) -> int:
    """Put a proposed version in force, at once and for the reviews under way. Returns how many of them it changed.

    Raises SignInRequired for a token, PermissionDenied for the admin who proposed it (superusers too), StepUpRequired
    without a proof of presence from the last 300 s, Conflict with reason `not_proposed` when somebody else was quicker.
    """
    _in_a_browser(actor, policy_id)
    require(actor, Permission.CONFIRM_POLICIES, None)
    asking.hold()
    policy, person = _locked(actor, policy_id, Permission.CONFIRM_POLICIES), finding.person(actor)
    version = _proposal(policy, number)
    if version.proposed_by_id == person.pk:
        raise PermissionDenied(
            f"You proposed version {number} of “{policy}”, so you cannot confirm it; nothing was changed.",
            "Ask another admin.",
        )
    why = young_admin(person.pk, version, now=now)
    if why:
        raise PermissionDenied(
            f"You cannot confirm version {number} of “{policy}”: {why}; nothing was changed.", "Ask another admin."
        )
    require_presence(actor, now=now, doing="Putting a policy in force", left="nothing was changed")
    reviews = asking.open_reviews()
    before = _active(policy)
    if before is not None:
        PolicyVersion.objects.filter(pk=before.pk).update(state=PolicyState.RETIRED, ended_at=now)
    state = PolicyState.RETIRED if version.retires else PolicyState.ACTIVE
    PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.PROPOSED).update(
        state=state, confirmed_by=person, confirmed_at=now, ended_at=now if version.retires else None
    )
    notifications.settle_policy(policy, now=now)
    _record(actor, now, "policy.confirm", policy, before=_facts(before), after=_facts(version, state=state))
    ended = "was retired" if version.retires else f"has a new version {number}"
    return asking.ask_again(reviews, actor=actor, now=now, because=f"Policy “{policy}” {ended}")


@operation("policy.withdraw", about="policy")
def withdraw(*, actor: Actor, now: datetime, policy_id: int, number: int, reason: str = "") -> None:
    """Take a proposal back, one's own or another admin's: it never was in force, and never will be."""
    policy = _locked(actor, policy_id, Permission.MANAGE_POLICIES)
    finding.person(actor)
    check = Check()
    text = check.text("reason", reason, most=MOST_REASON)
    check.done()
    version = _proposal(policy, number)
    PolicyVersion.objects.filter(pk=version.pk).update(state=PolicyState.WITHDRAWN, ended_at=now)
    notifications.settle_policy(policy, now=now)
    _record(actor, now, "policy.withdraw", policy, before=_facts(version), reason=text)


def make_with_environment(*, environment: Environment, count: int, actor: Actor, now: datetime) -> None:
    """In the transaction that makes the environment: so many approvers for every plan there.

    Nothing can have been planned there yet, so nobody else has to confirm it.
    """
    policy = Policy.objects.create(name=name_with(environment.name), environment=environment, created_at=now)
    version = PolicyVersion(policy=policy, number=1, with_environment=True, proposed_at=now)
    version.proposed_by = Person.objects.filter(pk=actor.person_id).first() if actor.person_id else None
    policy_terms.plain(count, environment).write(version)
    PolicyVersion.objects.filter(pk=version.pk).update(state=PolicyState.ACTIVE)


def name_with(environment: str) -> str:
    """How the policy of an environment is called."""
    return f"Plans in {environment}"


def _write(
    actor: Actor, now: datetime, person: Person, policy: Policy, terms: Terms, reason: str, *, retires: bool = False
) -> int:
    newest = policy.versions.order_by("-number").first()
    version = PolicyVersion(policy=policy, number=newest.number + 1 if newest else 1, retires=retires, reason=reason)
    version.proposed_by, version.proposed_at = person, now
    terms.write(version)
    what = "wants to retire" if retires else "proposes a change of" if newest else "proposes"
    notifications.tell(
        people.admins(but=person),
        now=now,
        kind=notifications.POLICY_PROPOSED,
        text=f"{person} {what} the policy “{policy}”: another admin has to confirm it.",
        policy=policy,
        mail=True,
    )
    before = _facts(_active(policy))
    _record(actor, now, "policy.propose", policy, before=before, after=_facts(version), reason=reason)
    return version.number


def _in_a_browser(actor: Actor, policy_id: int) -> None:
    if actor.token_id is not None:
        raise SignInRequired(
            "A token cannot put a policy in force; nothing was changed.",
            f"Confirm it in the browser, on the page of policy {policy_id}.",
        )


def _locked(actor: Actor, policy_id: int, permission: Permission) -> Policy:
    require(actor, permission, None)
    usable = isinstance(policy_id, int) and not isinstance(policy_id, bool) and 0 < policy_id <= finding.LARGEST_ID
    policy = Policy.objects.select_for_update(of=("self",)).filter(pk=policy_id).first() if usable else None
    if policy is None:
        raise NotFound(f"There is no policy {str(policy_id)[:20]}.", "Look at the list of policies.")
    return policy


def _active(policy: Policy) -> PolicyVersion | None:
    return with_terms(policy.versions.filter(state=PolicyState.ACTIVE)).first()


def _proposal(policy: Policy, number: int) -> PolicyVersion:
    version = with_terms(policy.versions.filter(state=PolicyState.PROPOSED, number=number)).first()
    if version is None:
        raise Conflict(
            f"Version {str(number)[:20]} of “{policy}” is no proposal that waits; nothing was changed.",
            "Look at the policy again: somebody else may have decided on it.",
            reason="not_proposed",
        )
    return version


def _no_proposal(policy: Policy) -> None:
    waiting = policy.versions.filter(state=PolicyState.PROPOSED).select_related("proposed_by").first()
    if waiting is not None:
        raise Conflict(
            f"Version {waiting.number} of “{policy}”, proposed by {waiting.proposed_by}, waits for its confirmation; "
            "nothing was changed.",
            "Have it confirmed or withdrawn first.",
            reason="proposal_waits",
            number=waiting.number,
        )


def _terms_of(version: PolicyVersion) -> Terms:
    return Terms(
        scope=version.scope,
        environments=tuple(version.environments.all()),
        types=tuple(row.type for row in version.types.all()),
        risk_at_least=version.risk_at_least,
        zero_downtime=version.zero_downtime,
        irreversible=version.irreversible,
        comment_required=version.comment_required,
        requirements=tuple(policy_terms.Required(row.count, row.role, row.group) for row in version.requirements.all()),
    )


def _facts(version: PolicyVersion | None, *, state: PolicyState | None = None) -> dict[str, Any] | None:
    if version is None:
        return None
    terms = policy_of(version)
    return {
        "name": version.policy.name,
        "version": version.number,
        "state": str(state or version.state),
        "for": terms.conditions.sentence(),
        "asks": terms.requires,
    } | ({"retires": True} if version.retires else {})


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    policy: Policy,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="policy",
        object_id=policy.pk,
        reason=reason,
        before=before,
        after=after,
    )
