"""Of a database that SQLAlchemy reaches, how fast it answers: what else it counts is called otherwise in each."""

from collections.abc import Mapping

from migrations_app.engine.impact import Reading
from migrations_app.stores.tables.alchemy.database import AlchemyDatabase
from migrations_app.stores.tables.configuration import DatabaseConfig


class AlchemyGauge:
    def __init__(self, config: DatabaseConfig, secrets: Mapping[str, str]) -> None:
        self._database = AlchemyDatabase(config, secrets, read_only=True)

    def close(self) -> None:
        self._database.close()

    def read(self) -> Reading:
        return Reading(latency_us=self._database.answers_in_us())
