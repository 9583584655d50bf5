"""Django's sessions under a route: `SESSION_ENGINE = "migrations_app.contrib.django_sessions"`.

The semantics are those of Django's own database backend. A value is the text that Django signs and encodes, as bytes,
with a fixed deadline: a plain `django.contrib.sessions` backend reads and writes the same table (columns
`session_key`, `session_data`, `expire_date`; value type text), before, beside and after a migration.

`migrations_app.contrib.django_middleware.SessionMiddleware` answers 503 while a switch takes longer than a request can
wait; with Django's own middleware that is a server error.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeGuard

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from migrations_app.contrib.django_routers import routers
from migrations_app.routing import SessionExists, SessionMissing, SessionRecord

LONGEST_KEY = 256


class SessionStore(SessionBase):
    """Its name is part of the signature's salt: Django's backends all call theirs `SessionStore`."""

    # SessionBase's own, which every backend builds upon; the stubs leave them out.
    _get_new_session_key: Callable[[], str]
    _get_or_create_session_key: Callable[[], str]
    _get_session: Callable[..., dict[str, Any]]
    _aget_new_session_key: Callable[[], Awaitable[str]]
    _aget_or_create_session_key: Callable[[], Awaitable[str]]
    _aget_session: Callable[..., Awaitable[dict[str, Any]]]

    def load(self) -> dict[str, Any]:
        key = self.session_key
        return self._decoded(routers.router().get(key) if _possible(key) else None)

    async def aload(self) -> dict[str, Any]:
        key = self.session_key
        return self._decoded(await (await routers.async_router()).get(key) if _possible(key) else None)

    def exists(self, session_key: str) -> bool:
        return _possible(session_key) and routers.router().get(session_key) is not None

    async def aexists(self, session_key: str) -> bool:
        return _possible(session_key) and await (await routers.async_router()).get(session_key) is not None

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    async def acreate(self) -> None:
        while True:
            self._session_key = await self._aget_new_session_key()
            try:
                await self.asave(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Raises CreateError when the key is taken, UpdateError when the session was deleted meanwhile."""
        if self.session_key is None:
            return self.create()
        value = self._encoded(self._get_session(no_load=must_create))
        key, expires = self._get_or_create_session_key(), _milliseconds(self.get_expiry_date())
        try:
            routers.router().set(key, value, expires_at_ms=expires, must_create=must_create, must_exist=not must_create)
        except SessionExists:
            raise CreateError from None
        except SessionMissing:
            raise UpdateError from None
        return None

    async def asave(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return await self.acreate()
        value = self._encoded(await self._aget_session(no_load=must_create))
        key, expires = await self._aget_or_create_session_key(), _milliseconds(await self.aget_expiry_date())
        try:
            await (await routers.async_router()).set(
                key, value, expires_at_ms=expires, must_create=must_create, must_exist=not must_create
            )
        except SessionExists:
            raise CreateError from None
        except SessionMissing:
            raise UpdateError from None
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if _possible(key):
            routers.router().delete(key)

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if _possible(key):
            await (await routers.async_router()).delete(key)

    @classmethod
    def clear_expired(cls) -> None:
        """Redis drops what has expired by itself. Raises NotImplementedError where a table is among the stores: clear
        it with the plain backend of that table, or with SQL; a route takes expired rows that go for nothing else.
        """
        if routers.router().kinds - {"redis"}:
            raise NotImplementedError("Clear the session table's expired rows with its own database's means.")

    @classmethod
    async def aclear_expired(cls) -> None:
        cls.clear_expired()

    def _encoded(self, data: dict[str, Any]) -> bytes:
        return self.encode(data).encode()

    def _decoded(self, record: SessionRecord | None) -> dict[str, Any]:
        if record is None:
            self._session_key = None
            return {}
        return self.decode(record.value.decode("ascii", errors="replace"))  # a wrong signature empties the session


def _possible(key: str | None) -> TypeGuard[str]:
    """Whether a store can be asked for it. Keys come from cookies: some cannot be any session's, nor be stored."""
    return key is not None and 0 < len(key) <= LONGEST_KEY and key.isprintable()


def _milliseconds(deadline: datetime) -> int:
    """A naive deadline (USE_TZ off) is local time."""
    return int(deadline.timestamp() * 1000)
