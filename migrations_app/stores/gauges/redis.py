"""Redis tells its load by INFO, which it keeps anyway."""

from collections.abc import Mapping

from migrations_app.engine.impact import Reading, answered_us
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.redis.connection import connect, domain_errors, info

ANSWER_SECONDS = 2.0


class RedisGauge:
    def __init__(self, config: StoreConfig, secrets: Mapping[str, str]) -> None:
        self._config = config
        self._client = connect(config, secrets, read_only=True, answer_seconds=ANSWER_SECONDS)

    def close(self) -> None:
        self._client.close()
        self._client.connection_pool.disconnect()

    def read(self) -> Reading:
        with domain_errors(self._config):
            self._client.ping()
            latency_us = answered_us(self._client.ping)
            told = info(self._client)
        return Reading(
            latency_us,
            operations=told.get("total_commands_processed"),
            memory_bytes=told.get("used_memory"),
            connections=told.get("connected_clients"),
        )
