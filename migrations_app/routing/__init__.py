"""The session router for a user's own services: importable with the base dependencies, without Django."""

from migrations_app.engine.errors import MigrationError
from migrations_app.routing.async_router import AsyncSessionRouter
from migrations_app.routing.configuration import router_from
from migrations_app.routing.errors import (
    LeaseExpired,
    SessionChanged,
    SessionExists,
    SessionMissing,
    StoreNotConfigured,
    WritesAreWaiting,
)
from migrations_app.routing.http_source import HttpRouteSource
from migrations_app.routing.mirror_source import StoreMirrorSource
from migrations_app.routing.router import SessionRouter
from migrations_app.routing.sources import MemoryRouteSource, RouteSource
from migrations_app.stores.sessions.records import SessionRecord

__all__ = [
    "AsyncSessionRouter",
    "HttpRouteSource",
    "LeaseExpired",
    "MemoryRouteSource",
    "MigrationError",
    "RouteSource",
    "SessionChanged",
    "SessionExists",
    "SessionMissing",
    "SessionRecord",
    "SessionRouter",
    "StoreMirrorSource",
    "StoreNotConfigured",
    "WritesAreWaiting",
    "router_from",
]
