"""The session router of a Django process, made from the setting `SNAKEWEB_SESSIONS`.

The setting is a router's configuration (`routing/configuration.py`), or a dotted path to a function without arguments
that returns a `SessionRouter`. There is one router per process; it is made at the first use, and a forked worker
process goes on with connections of its own.
"""

import threading
from collections.abc import Mapping

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from migrations_app.routing import AsyncSessionRouter, MigrationError, SessionRouter, router_from

SETTING = "SNAKEWEB_SESSIONS"


class Routers:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._router: SessionRouter | None = None
        self._async_router: AsyncSessionRouter | None = None

    def router(self) -> SessionRouter:
        """Raises ImproperlyConfigured, naming every problem of the setting."""
        if self._router is None:
            with self._lock:
                if self._router is None:
                    self._router = _made()
        return self._router

    async def async_router(self) -> AsyncSessionRouter:
        if self._async_router is None:
            router = await sync_to_async(self.router)()
            self._async_router = self._async_router or AsyncSessionRouter(router)
        return self._async_router

    def forget(self) -> None:
        """Close this router; the next use makes another. For tests that change the setting, and for a clean end."""
        router, self._router, self._async_router = self._router, None, None
        if router is not None:
            router.source.close()
            router.close()


def _made() -> SessionRouter:
    given = getattr(settings, SETTING, None)
    try:
        if isinstance(given, str):
            made = import_string(given)()
            if not isinstance(made, SessionRouter):
                raise ImproperlyConfigured(f"{SETTING}: {given} returns no SessionRouter.")
            return made
        if isinstance(given, Mapping):
            return router_from(given)
    except MigrationError as error:
        problems = "; ".join(f"{each['field']}: {each['message']}" for each in error.details.get("problems", ()))
        raise ImproperlyConfigured(f"{SETTING}: {error.message} {problems}") from None
    raise ImproperlyConfigured(f"{SETTING} is a router's configuration, or the dotted path of a function.")


routers = Routers()
