"""Who signed a migration, who may, and whether that counts today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from migrations_app.engine.policy import Asked, Policy, SignatureFact, Signer
from migrations_app.engine.vocabulary import Decision, RiskLevel, Role
from migrations_app.models import Environment, Migration, MigrationEditor, Person, PlanRevision, RoleGrant, Signature
from migrations_app.selectors.policy_rules import asked_of
from migrations_app.selectors.waivers import answered_for

_OF_A_PLAN = ("content", "source_state", "target_state", "fingerprints", "sizes", "findings", "warnings")
QUARANTINE = timedelta(hours=24)  # of what somebody granted to themselves, before it signs anything


@dataclass(frozen=True, slots=True)
class Approver:
    """An active person with the approver role here. `counts_from`: they gave it to themselves; None: it counts."""

    person: Person
    roles: frozenset[Role]
    groups: frozenset[str]
    counts_from: datetime | None

    @property
    def signer(self) -> Signer:
        return Signer(self.person.username, self.roles, self.groups)


@dataclass(frozen=True, slots=True)
class Signing:
    """`barred`: the ids of those who never sign this plan, each with why (“has edited the migration”). `editors`: who
    shaped the migration, and in which revision. `signatures`: all that were ever given, the oldest first. `facts`:
    live approvals and declines, each with why it does not count today where it does not. `asked`: what the policies
    in force ask of the plan.
    """

    approvers: tuple[Approver, ...]
    barred: Mapping[int, str]
    editors: tuple[MigrationEditor, ...]
    signatures: tuple[Signature, ...]
    facts: tuple[SignatureFact, ...]
    asked: Asked

    def why_not(self, approver: Approver) -> str:
        """Why their signature would not count now; '' when it would."""
        return self.barred.get(approver.person.pk, "") or quarantined(approver)

    def counts_of(self, username: str, decision: Decision) -> bool:
        """Whether a decision of theirs stands: another one of the same kind would add nothing."""
        mine = [fact for fact in self.facts if fact.person == username and fact.decision is decision]
        return any(not fact.not_eligible_because for fact in mine)

    def approver(self, person_id: int | None) -> Approver | None:
        return next((approver for approver in self.approvers if approver.person.pk == person_id), None)


def signing_of(
    migration: Migration,
    revision: PlanRevision | None,
    *,
    now: datetime,
    policies: Iterable[Policy] | None = None,
    risk: RiskLevel | None = None,
) -> Signing:
    """`policies`: where those in force are known already; `risk`: where the level of this moment is."""
    approvers = {approver.person.pk: approver for approver in approvers_in(migration.environment, now=now)}
    editors = tuple(migration.editors.select_related("person").order_by("revision", "pk"))
    barred = barred_people(migration, revision, editors)
    signatures = tuple(signatures_of(migration))
    asked = asked_of(migration, revision, now=now, policies=policies, risk=risk)
    facts = tuple(
        _fact(row, approvers.get(row.person_id), barred.get(row.person_id, ""), asked, migration.environment)
        for row in signatures
        if row.voided_at is None and row.decision != Decision.COMMENT
    )
    return Signing(tuple(approvers.values()), barred, editors, signatures, facts, asked)


def signatures_of(migration: Migration) -> QuerySet[Signature]:
    """With the person and the number of the plan, whose content stays where it is."""
    rows = Signature.objects.filter(migration=migration).select_related("person", "revision").order_by("pk")
    return rows.defer(*(f"revision__{name}" for name in _OF_A_PLAN))


def barred_people(
    migration: Migration, revision: PlanRevision | None, editors: Iterable[MigrationEditor]
) -> Mapping[int, str]:
    """Who never signs this plan, superusers included: whoever wrote it, and whoever waived a finding of it."""
    waived = answered_for(migration, revision.digest) if revision else {}
    wrote = {edit.person_id for edit in editors}
    return {person_id: f"has waived {titles}" for person_id, titles in waived.items()} | dict.fromkeys(
        {*wrote, migration.created_by_id}, "has edited the migration"
    )


def _fact(
    row: Signature, approver: Approver | None, barred: str, asked: Asked, environment: Environment
) -> SignatureFact:
    why = barred
    if not why:
        why = quarantined(approver) if approver else f"no longer has the approver role in {environment.name}"
    if not why and row.decision == Decision.APPROVE and not row.comment and asked.comment_for:
        why = f"gave no comment, which the policy “{asked.comment_for[0]}” asks for"
    return SignatureFact(
        person=row.person.username,
        decision=Decision(row.decision),
        digest=row.digest,
        not_eligible_because=why,
        roles=approver.roles if approver else frozenset(),
        groups=approver.groups if approver else frozenset(),
    )


def quarantined(approver: Approver) -> str:
    """Why their signature does not count yet; '' when it does."""
    if approver.counts_from is None:
        return ""
    return f"gave themselves the approver role, which signs from {approver.counts_from:%-d %B %H:%M} UTC on"


def approvers_in(environment: Environment, *, now: datetime) -> tuple[Approver, ...]:
    """Everybody with the approver role there, by themselves or through a group, by user name."""
    grants = list(RoleGrant.objects.filter(Q(environment=None) | Q(environment=environment)))
    giving = [grant for grant in grants if grant.role == Role.APPROVER]
    holds = Q(pk__in={g.person_id for g in giving}) | Q(groups__in={g.group_id for g in giving if g.group_id})
    people = Person.objects.filter(holds, is_active=True).distinct().order_by("username")
    return tuple(_approver(person, grants, now) for person in people.prefetch_related("groups"))


def _approver(person: Person, grants: Iterable[RoleGrant], now: datetime) -> Approver:
    groups = {group.pk: group.name for group in person.groups.all()}
    since: dict[Role, datetime | None] = {}
    for grant in grants:
        if grant.person_id == person.pk or grant.group_id in groups:
            role, counts_from = Role(grant.role), _counts_from(grant, person, now)
            others = since.get(role, counts_from)
            since[role] = min(others, counts_from) if others and counts_from else None
    return Approver(
        person=person,
        roles=frozenset(role for role, counts_from in since.items() if counts_from is None),
        groups=frozenset(groups.values()),
        counts_from=since[Role.APPROVER],
    )


def _counts_from(grant: RoleGrant, person: Person, now: datetime) -> datetime | None:
    """None: from the start, or since some time already."""
    ends = grant.granted_at + QUARANTINE
    return ends if grant.granted_by_id == person.pk and ends > now else None
