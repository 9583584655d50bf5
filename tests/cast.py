"""The cast: seven people named for what they may do, and three environments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import Group

from migrations_app.engine.vocabulary import Role
from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.services.actor import Actor
from tests import policies

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
ROLES: Mapping[str, Role | None] = {
    "operator": Role.OPERATOR,
    "approver": Role.APPROVER,
    "second_approver": Role.APPROVER,
    "auditor": Role.AUDITOR,
    "viewer": Role.VIEWER,
    "admin": Role.ADMIN,
    "outsider": None,
}
ENVIRONMENTS = (("dev", 10, False, 0), ("staging", 20, False, 1), ("production", 30, True, 2))


@dataclass(frozen=True)
class Cast:
    people: Mapping[str, Person]
    actors: Mapping[str, Actor]
    environments: Mapping[str, Environment]


def gather(now: datetime) -> Cast:
    """Rows for all of them. The viewer's role comes through a group; everybody else holds their own."""
    environments = {
        name: Environment.objects.create(name=name, position=position, protected=protected, created_at=now)
        for name, position, protected, _ in ENVIRONMENTS
    }
    for name, _, _, approvals in ENVIRONMENTS:
        policies.with_environment(environments[name], approvals, now)
    people = {name: _person(name) for name in ROLES}
    for name, role in ROLES.items():
        if role is None:
            continue
        if name == "viewer":
            group = Group.objects.create(name="viewers")
            people[name].groups.add(group)
            RoleGrant.objects.create(group=group, role=role, granted_at=now)
        else:
            RoleGrant.objects.create(person=people[name], role=role, granted_at=now)
    return Cast(people, {name: actor_of(person, now) for name, person in people.items()}, environments)


def actor_of(person: Person, now: datetime) -> Actor:
    """In a browser session, having just shown their password."""
    return Actor(
        person_id=person.pk,
        username=person.username,
        address="192.0.2.7",
        request_id="request-1",
        reauthenticated_at=now,
    )


def _person(name: str) -> Person:
    return Person.objects.create_user(name, f"{name}@example.org", PASSWORD)
