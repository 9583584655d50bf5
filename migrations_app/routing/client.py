"""`SessionClient`, the name that the session router had at first."""

from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.router import SessionRouter

SessionClient = SessionRouter

__all__ = ["SessionClient", "WritesAreWaiting"]
