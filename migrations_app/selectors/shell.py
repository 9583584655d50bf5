"""What the frame around each page needs to know about its reader."""

from dataclasses import dataclass

from migrations_app.models import Environment, Person
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of, held_by
from migrations_app.selectors.audit_chain import ChainStatus, chain_outline
from migrations_app.selectors.inbox import open_count


@dataclass(frozen=True, slots=True)
class Shell:
    """`roles` are sentences such as “operator in staging”. `sees_something`: some environment is open to them.

    `withheld` are roles that are not in force before a second factor is set up. `chain` is None for whoever may not
    read the audit trail.
    """

    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    withheld: tuple[str, ...]
    inbox: int
    can_author: bool
    can_manage_targets: bool
    can_manage_environments: bool
    can_manage_people: bool
    can_manage_policies: bool
    can_manage_secrets: bool
    can_manage_webhooks: bool
    can_read_audit: bool
    sees_something: bool
    chain: ChainStatus | None


def shell(*, actor: Actor) -> Shell:
    person = Person.objects.filter(pk=actor.person_id, is_active=True).first() if actor.person_id else None
    access = held_by(person, actor.scopes, attested=actor.attested) if person else access_of(actor)
    return Shell(
        username=actor.username,
        name=str(person) if person else actor.username,
        email=person.email if person else "",
        roles=_roles(access),
        withheld=tuple(sorted(access.withheld)),
        inbox=open_count(actor=actor),
        can_author=access.anywhere(Permission.AUTHOR),
        can_manage_targets=access.anywhere(Permission.MANAGE_TARGETS),
        can_manage_environments=access.can(Permission.MANAGE_ENVIRONMENTS, None),
        can_manage_people=access.can(Permission.MANAGE_PEOPLE, None),
        can_manage_policies=access.can(Permission.MANAGE_POLICIES, None),
        can_manage_secrets=access.anywhere(Permission.MANAGE_SECRETS),
        can_manage_webhooks=access.anywhere(Permission.MANAGE_WEBHOOKS),
        can_read_audit=access.anywhere(Permission.READ_AUDIT),
        sees_something=access.anywhere(Permission.VIEW),
        chain=chain_outline(access),
    )


def _roles(access: Access) -> tuple[str, ...]:
    names = dict(Environment.objects.filter(pk__in=[e for e in access.roles if e]).values_list("pk", "name"))
    held = [
        f"{role} in {names[environment] if environment else 'every environment'}"
        for environment, roles in access.roles.items()
        for role in sorted(roles)
    ]
    return tuple(sorted(held)) + (("superuser",) if access.superuser else ())
