"""Fills an empty database with the demo's people and environments, through the services wherever there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.demo.people import ADMIN, PEOPLE, PLACES, SECOND_ADMIN, Login
from migrations_app.models import Environment, Person
from migrations_app.services import environments, grants
from migrations_app.services.actor import Actor


@dataclass(frozen=True, slots=True)
class Cast:
    """Actors by login name (as if each had just typed a password), environment ids by name."""

    actors: Mapping[str, Actor]
    places: Mapping[str, int]

    def actor(self, login: Login) -> Actor:
        return self.actors[login.username]


def is_there() -> bool:
    return Person.objects.exists() or Environment.objects.exists()


def settle(now: datetime) -> Cast:
    """People, environments and grants. The admin makes everything; nobody grants a role to themselves."""
    actors = {login.username: _person(login, now) for login in PEOPLE}
    admin = actors[ADMIN.username]
    places = {
        place.name: environments.create(
            actor=admin,
            now=now,
            name=place.name,
            position=place.position,
            protected=place.protected,
            required_approvals=place.required_approvals,
            description=place.description,
        )
        for place in PLACES
    }
    for login in PEOPLE:
        # Whoever has just become an admin confirms no policies.
        since = now - timedelta(days=30) if login is SECOND_ADMIN else now
        if login is not ADMIN:
            grants.grant(actor=admin, now=since, role=login.role, person_id=actors[login.username].person_id)
    return Cast(actors, places)


def _person(login: Login, now: datetime) -> Actor:
    first, last = login.full_name.split()
    create = Person.objects.create_superuser if login.superuser else Person.objects.create_user
    person = create(login.username, login.email, login.password, first_name=first, last_name=last)
    return Actor(
        person_id=person.pk,
        username=person.username,
        address="127.0.0.1",
        request_id="demo-seed",
        reauthenticated_at=now,
    )
