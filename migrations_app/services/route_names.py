"""A route name belongs to one environment, because services follow it by name alone."""

from collections.abc import Mapping

from migrations_app.models import Environment, Route
from migrations_app.services.checking import Check


def check(environment: Environment, named: Mapping[str, str]) -> None:
    """`named` maps fields of a migration to the routes that it moves. Raises InvalidInput for each one elsewhere.

    Without this the run would find out, after a review, and roll back.
    """
    taken = Route.objects.filter(name__in=named.values()).exclude(environment=environment).select_related("environment")
    elsewhere = {route.name: route.environment.name for route in taken}
    problems = Check()
    for field, name in named.items():
        if name in elsewhere:
            problems.problem(
                field,
                f"The route “{name}” belongs to {elsewhere[name]}; services there follow it.",
                f"Name the route that services in {environment.name} follow, or a new one.",
                "elsewhere",
            )
    problems.done()
