"""Who signed a migration, who may, and whether that counts today."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from migrations_app.engine.policy import Asked, Policy, SignatureFact, Signer
from migrations_app.engine.vocabulary import Decision, RiskLevel, Role
from migrations_app.models import Environment, Migration, MigrationEditor, Person, PlanRevision, Signature
from migrations_app.selectors.access import roles_with_second_factor, with_second_factor
from migrations_app.selectors.policy_rules import asked_of
from migrations_app.selectors.waivers import answered_for
from migrations_app.selectors.young_roles import Grants, Young, sooner

_OF_A_PLAN = ("content", "source_state", "target_state", "fingerprints", "sizes", "findings", "warnings")


@dataclass(frozen=True, slots=True)
class Approver:
    """An active person with the approver role here. `young`: since when it counts, where it does not yet. `groups`:
    those that fill a place; one that somebody with an interest put them into today does not."""

    person: Person
    roles: frozenset[Role]
    groups: frozenset[str]
    young: Young | None

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
    editors = tuple(migration.editors.select_related("person").order_by("revision", "pk"))
    barred = barred_people(migration, revision, editors)
    signatures = tuple(signatures_of(migration))
    attested = {row.person_id for row in signatures if row.attested and row.voided_at is None}
    here = approvers_in(migration.environment, now=now, to=barred, attested=attested)
    approvers = {approver.person.pk: approver for approver in here}
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


def quarantined(approver: Approver, *, you: bool = False) -> str:
    """Why their signature does not count yet; '' when it does. `you`: said to themselves."""
    return approver.young.sentence("approver", "signs", you=you) if approver.young else ""


def approvers_in(
    environment: Environment, *, now: datetime, to: Collection[int] = (), attested: Collection[int] = ()
) -> tuple[Approver, ...]:
    """Everybody with the approver role there, by themselves or through a group, by user name.

    `to`: the ids of those from whom a young role does not count, as it does not from themselves. A role that asks for a
    second factor is not held without one, here as everywhere; `attested`: the ids of those whose provider told of one
    in the session that signed, which a later sign-in elsewhere does not take from the signature.
    """
    grants = Grants(environment, now=now)
    giving = [grant for grant in grants.rows if grant.role == Role.APPROVER]
    holds = Q(pk__in={g.person_id for g in giving}) | Q(groups__in={g.group_id for g in giving if g.group_id})
    people = Person.objects.filter(holds, is_active=True).distinct().order_by("username").prefetch_related("groups")
    withheld = roles_with_second_factor()
    secured = people.filter(with_second_factor(attested=attested))
    proven = set(secured.values_list("pk", flat=True)) if withheld else set()
    if Role.APPROVER in withheld:
        people = people.filter(pk__in=proven)
    return tuple(_approver(person, grants, to, frozenset() if person.pk in proven else withheld) for person in people)


def _approver(person: Person, grants: Grants, to: Collection[int], withheld: Collection[Role]) -> Approver:
    groups = {group.pk: group.name for group in person.groups.all()}
    ways: dict[Role, list[Young | None]] = defaultdict(list)
    for grant in grants.of(person.pk, groups):
        if grant.role in withheld:
            continue
        ways[Role(grant.role)].append(grants.young(grant, person.pk, to))
    young = {role: sooner(found) for role, found in ways.items()}
    return Approver(
        person=person,
        roles=frozenset(role for role, waits in young.items() if waits is None),
        groups=frozenset(name for key, name in groups.items() if not grants.young_member(key, person.pk, to)),
        young=young[Role.APPROVER],
    )
