"""`manage.py demo --seed-only`: people, environments, targets and migrations of the demo, and so audit entries."""

from dataclasses import dataclass, field
from pathlib import Path

from migrations_app.demo import adapters, cast, configuration, databases, things
from migrations_app.demo.deployment import Deployment
from migrations_app.demo.stories import ON_PAPER, Stage
from migrations_app.demo.stories_of_control import UNDER_CONTROL
from migrations_app.demo.stories_of_emergencies import ANSWERED_FOR
from migrations_app.demo.stories_on_stage import ON_STAGE
from migrations_app.models import Migration, Person, Target
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import unattended
from migrations_app.services.actor import Actor

SEEDED = (
    *ON_PAPER,
    *UNDER_CONTROL,
    configuration.rewritten,
    *adapters.ADAPTERS_ON_PAPER,
    *databases.DATABASES_ON_PAPER,
)
PLAYED = (*ON_STAGE, *ANSWERED_FOR, *adapters.ADAPTERS_ON_STAGE, *databases.DATABASES_ON_STAGE)


class NotEmpty(RuntimeError):
    """This database already holds people or environments; nothing was added."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """`route_token` is empty without a deployment."""

    migrations: int
    route_token: str = field(repr=False)


def seed(folder: Path, deployment: Deployment | None) -> Seeded:
    """Fill an empty database; small stores go into `folder`. Raises NotEmpty."""
    if cast.is_there():
        raise NotEmpty
    clock = SystemClock()
    company = cast.settle(clock.now())
    targets = things.add_services(company, clock.now(), folder)
    targets |= configuration.add_configuration(company, clock.now(), folder)
    targets |= adapters.add_projects(company, clock.now(), folder)
    targets |= databases.add_databases(company, clock.now(), folder, deployment)
    things.add_calendar(company, clock.now())
    token = things.add_deployment(company, clock.now(), deployment) if deployment else ""
    stage = Stage(company, targets, clock.now)
    for story in SEEDED:
        story(stage)
    unattended.run_due(clock=clock)
    return Seeded(Migration.objects.count(), token)


def play() -> int:
    """Stories that need workers, in a database that `seed` has filled. Returns how many were played."""
    clock = SystemClock()
    now = clock.now()
    actors = {
        person.username: Actor(
            person.pk, person.username, address="127.0.0.1", request_id="demo-seed", reauthenticated_at=now
        )
        for person in Person.objects.all()
    }
    targets = dict(Target.objects.values_list("name", "pk"))
    places = dict(Target.objects.values_list("environment__name", "environment"))
    stage = Stage(cast.Cast(actors, places), targets, clock.now)
    for story in PLAYED:
        story(stage)
    return len(PLAYED)
