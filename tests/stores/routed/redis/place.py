"""Where a test's routed Redis sessions lie, and how code touches them that knows no route."""

from collections.abc import Sequence

import redis

from migrations_app.stores.routed.redis.store import RoutedRedis
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.redis.meta import unpack
from tests.stores.routed.place import RoutedPlace
from tests.stores.sessions.place import Place

PLAIN = ("snakeweb:fence", "snakeweb:versioned:")


class RedisPlace(RoutedPlace):
    def __init__(self, sessions: Place) -> None:
        super().__init__(sessions)
        config = sessions.config
        self.config = parse_config(config)
        secrets = dict(sessions.secrets)
        self.client = redis.Redis(
            host=config["host"], port=config["port"], username=config.get("username"), password=secrets.get("password")
        )

    def open(self, *, read_only: bool = False) -> RoutedRedis:
        return RoutedRedis(self.config, self.sessions.secrets, read_only=read_only)

    def key(self, session_id: str) -> str:
        return f"{self.config['prefix']}{session_id}"

    @property
    def is_hash(self) -> bool:
        return bool(self.config["layout"] == "hash")

    @property
    def legacy_keeps_length(self) -> bool:  # type: ignore[override]
        return not self.is_hash

    def legacy_write(self, session_id: str, value: bytes, expires_at_ms: int) -> None:
        key = self.key(session_id)
        if self.is_hash:
            self.client.delete(key)
            self.client.hset(key, "data", value)
            self.client.pexpireat(key, expires_at_ms)
        else:
            self.client.set(key, value, pxat=expires_at_ms)

    def legacy_read(self, session_id: str) -> bytes | None:
        key = self.key(session_id)
        return self.client.hget(key, "data") if self.is_hash else self.client.get(key)

    def legacy_delete(self, session_id: str) -> None:
        self.client.delete(self.key(session_id))

    def traces(self) -> Sequence[str]:
        """Without what a plain client leaves too: metadata that is of no route, and the marker that there is some."""
        own = {key.decode() for key in self.client.scan_iter(match="snakeweb:*")}
        return sorted(key for key in own if not key.startswith(PLAIN) and self._is_of_a_route(key))

    def _is_of_a_route(self, key: str) -> bool:
        return not key.startswith("snakeweb:meta:") or unpack(self.client.get(key))[7:] != [0, 0, 0, b"", -1]

    def keys(self) -> Sequence[str]:
        """All of Snakeweb's own but the workers' fences."""
        own = {key.decode() for key in self.client.scan_iter(match="snakeweb:*")}
        return sorted(key for key in own if not key.startswith("snakeweb:fence"))
