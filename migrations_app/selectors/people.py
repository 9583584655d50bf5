"""Everybody who has an account, as admins of every environment see them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from migrations_app.models import Person, RoleGrant
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound, PermissionDenied

MOST = 500  # people on one page


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`roles` are sentences such as “operator in staging”, through groups too, in force or not."""

    id: int
    username: str
    name: str
    email: str
    active: bool
    roles: tuple[str, ...]
    second_factor: bool
    signed_in_at: datetime | None


def list_people(*, actor: Actor) -> tuple[PersonRow, ...]:
    """By user name. Raises PermissionDenied."""
    require_people(actor)
    people = Person.objects.prefetch_related("groups").order_by("username")[:MOST]
    personal, grouped = _roles()
    secured = set(Authenticator.objects.values_list("user_id", flat=True))
    return tuple(_row(person, personal, grouped, secured) for person in people)


def one_person(*, actor: Actor, person_id: int) -> PersonRow:
    """Raises PermissionDenied and NotFound."""
    require_people(actor)
    person = Person.objects.prefetch_related("groups").filter(pk=person_id).first()
    if person is None:
        raise NotFound(f"There is no person {person_id}.", "Look at the list of people.")
    secured = set(Authenticator.objects.filter(user=person).values_list("user_id", flat=True))
    return _row(person, *_roles(), secured)


def require_people(actor: Actor) -> None:
    """Raises PermissionDenied unless the actor manages people in every environment."""
    if not access_of(actor).can(Permission.MANAGE_PEOPLE, None):
        raise PermissionDenied(
            f"{actor.username} may not manage people in every environment; this needs the role admin.",
            "Ask an admin to do it.",
        )


_Roles = Mapping[int, set[str]]


def _roles() -> tuple[_Roles, _Roles]:
    """Sentences by person and by group."""
    personal: dict[int, set[str]] = defaultdict(set)
    grouped: dict[int, set[str]] = defaultdict(set)
    for grant in RoleGrant.objects.select_related("environment"):
        said = f"{grant.role} in {grant.environment.name if grant.environment else 'every environment'}"
        if grant.person_id is not None:
            personal[grant.person_id].add(said)
        elif grant.group_id is not None:
            grouped[grant.group_id].add(said)
    return personal, grouped


def _row(person: Person, personal: _Roles, grouped: _Roles, secured: set[int]) -> PersonRow:
    roles = set(personal.get(person.pk, ())).union(*(grouped.get(group.pk, ()) for group in person.groups.all()))
    return PersonRow(
        id=person.pk,
        username=person.username,
        name=person.get_full_name(),
        email=person.email,
        active=person.is_active,
        roles=(*sorted(roles), *(("superuser",) if person.is_superuser else ())),
        second_factor=person.pk in secured,
        signed_in_at=person.last_login,
    )
