"""May somebody follow a run live, and with whom do they share what is rendered?"""

from dataclasses import dataclass

from migrations_app.models import Run
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Watching:
    """`newest` is the run's last sequence number. Viewers with the same `audience` see the same page."""

    newest: int
    audience: str


def watching(*, actor: Actor, run_id: int) -> Watching:
    """Three small queries, read afresh each time. Raises NotFound, also for a run that the actor may not see."""
    access = access_of(actor)
    run = Run.objects.filter(pk=run_id).values_list("last_seq", "environment").first()
    if run is None or not access.can(Permission.VIEW, run[1]):
        absent = NotFound(
            f"There is no run {run_id} that you may watch.", "Ask an admin for a role in its environment."
        )
        raise absent.unless_hidden(Run.objects.filter(pk=run_id))
    newest, environment_id = run
    roles = sorted(access.roles_in(environment_id))
    return Watching(newest, ",".join([*roles, *(["superuser"] if access.superuser else [])]))
