"""The session router for a user's own services: importable with the base dependencies, without Django."""

from migrations_app.engine.errors import MigrationError
from migrations_app.routing.client import SessionClient, WritesAreWaiting
from migrations_app.routing.http_source import HttpRouteSource
from migrations_app.routing.sources import MemoryRouteSource, RouteSource

__all__ = ["HttpRouteSource", "MemoryRouteSource", "MigrationError", "RouteSource", "SessionClient", "WritesAreWaiting"]
