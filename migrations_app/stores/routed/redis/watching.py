"""Which session keys have changed, as the server itself tells (client-side caching in broadcast mode, from Redis 6 on).

Nothing is to be configured for it. Every change of a key is told, by whatever client and also when it expires: which
ones were written without a guard is for `suspects` to find.
"""

from collections.abc import Mapping
from typing import Any

from redis.exceptions import (
    ConnectionError,  # noqa: A004 - the client's own name for it
    NoPermissionError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004
)

from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.redis.connection import connect, domain_error
from migrations_app.stores.sessions.redis.layout import RedisLayout, Unreadable
from migrations_app.stores.sessions.redis.scripts import OWN_KEYS

CHANNEL = b"__redis__:invalidate"
MOST = 10_000  # names that one call takes: under heavy traffic the rest waits for the next one


class Watch:
    """Watches from the first `changed` on. The server drops a watcher that leaves too much unread; `missed` tells."""

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._config = config
        self._layout = RedisLayout(config)
        self._pool = connect(config, secrets, read_only=read_only).connection_pool
        self._connection: Any = None
        self._missed = False
        self._began = False
        self.permitted = True

    def close(self) -> None:
        self._drop()
        self._pool.disconnect()

    def missed(self) -> bool:
        """Whether changes may have gone by unseen since the last call: the connection was lost, or all was flushed."""
        missed, self._missed = self._missed, False
        return missed

    def told_all(self) -> bool:
        """Whether `changed` has told of every change since this was asked last. False before the first `changed`, for
        a user who may not watch, while nobody is connected, and once where `missed` would say so."""
        return self.permitted and self._connection is not None and not self.missed()

    def changed(self) -> list[str]:
        """The ids changed since the last call, each once. Empty for a user who may not watch (`permitted`).

        Raises DependencyUnavailable.
        """
        if not self.permitted:
            return []
        names: dict[bytes, None] = {}
        try:
            if self._connection is None:
                self._begin()
            while len(names) < MOST and self._connection.can_read():
                names.update(dict.fromkeys(self._next()))
            if not names:
                names.update(dict.fromkeys(self._alive()))
        except (ConnectionError, TimeoutError) as error:
            self._drop()
            self._missed = True
            if not names:
                raise domain_error(self._config, error) from None
        except (NoPermissionError, ResponseError):
            self._drop()
            self.permitted = False
        except BaseException as error:
            self._drop()  # what was read in part, or began in part, is no watch
            self._missed = True
            if isinstance(error, RedisError):
                raise domain_error(self._config, error) from None
            raise
        return [name for key in names if (name := self._session_id(key))]

    def _begin(self) -> None:
        self._missed = self._missed or self._began  # whatever changed while nobody was connected
        self._connection = self._pool.get_connection()
        own = self._answer("CLIENT", "ID")
        self._answer("CLIENT", "TRACKING", "ON", "REDIRECT", own, "BCAST", "PREFIX", self._layout.prefix)
        self._answer("SUBSCRIBE", CHANNEL)
        self._began = True

    def _answer(self, *words: Any) -> Any:
        self._connection.send_command(*words)
        return self._connection.read_response()

    def _next(self) -> list[bytes]:
        return self._names_in(self._connection.read_response())

    def _alive(self) -> list[bytes]:
        """Silence may also be that of a connection which something between has dropped without a word."""
        message, names = self._answer("PING"), []
        while message[0] != b"pong":
            names += self._names_in(message)
            message = self._connection.read_response()
        return names

    def _names_in(self, message: Any) -> list[bytes]:
        if message[0] != b"message":
            return []
        if message[2] is None:  # the whole database went
            self._missed = True
            return []
        return list(message[2])

    def _session_id(self, key: bytes) -> str:
        if key.startswith(OWN_KEYS):
            return ""
        try:
            return self._layout.session_id(key)
        except Unreadable:
            return ""

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._pool.release(self._connection)
            self._connection = None
