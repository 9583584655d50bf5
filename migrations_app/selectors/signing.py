"""Who signed a migration, and whether that counts today."""

from dataclasses import dataclass

from migrations_app.engine.policy import SignatureFact
from migrations_app.engine.vocabulary import Decision, Role
from migrations_app.models import Migration, Person, Signature
from migrations_app.selectors.access import people_with


@dataclass(frozen=True, slots=True)
class Signing:
    """`approvers` hold the role here, `editors` are the ids of those who ever shaped the migration. `facts`: live
    approvals and declines, each with why it does not count today where it does not.
    """

    approvers: tuple[Person, ...]
    editors: frozenset[int]
    facts: tuple[SignatureFact, ...]


def signing_of(migration: Migration) -> Signing:
    approvers = people_with(Role.APPROVER, migration.environment_id)
    editors = frozenset(migration.editors.values_list("person_id", flat=True))
    may_sign = {person.pk for person in approvers}
    rows = Signature.objects.filter(migration=migration, voided_at=None).exclude(decision=Decision.COMMENT)
    facts = tuple(
        SignatureFact(
            person=row.person.username,
            decision=Decision(row.decision),
            digest=row.digest,
            not_eligible_because="has edited the migration"
            if row.person_id in editors
            else ""
            if row.person_id in may_sign
            else f"no longer has the approver role in {migration.environment.name}",
        )
        for row in rows.select_related("person").order_by("pk")
    )
    return Signing(tuple(approvers), editors, facts)
