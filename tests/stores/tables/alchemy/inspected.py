"""As much of a database through SQLAlchemy as can be looked at, on SQLAlchemy's own SQLite in place of a server."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, pool

from migrations_app.stores.tables.alchemy.inspecting import AlchemyInspecting


class Inspected(AlchemyInspecting):
    file: Path | None = None

    def _engine(self) -> Engine:
        if self.file is None:
            return super()._engine()
        return create_engine(f"sqlite:///{self.file}", poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")


# Reading and writing are not asked of it.
Inspected.__abstractmethods__ = frozenset()
