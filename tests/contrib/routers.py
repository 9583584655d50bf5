"""Routers for the Django backend's tests, found by dotted path as a project's own would be."""

from migrations_app.routing.router import SessionRouter
from tests.routing.routed_world import RoutedWorld

WORLD: list[RoutedWorld] = []
PATH = "tests.contrib.routers.in_memory"


def in_memory() -> SessionRouter:
    return WORLD[-1].router(retry_budget_seconds=0.1)


def no_router() -> str:
    return "nothing"
