"""PostgreSQL behind the one contract of databases: its parts put together."""

from migrations_app.stores.tables.postgres.inspecting import PostgresInspecting
from migrations_app.stores.tables.postgres.trapping import PostgresTrapping
from migrations_app.stores.tables.postgres.writing import PostgresWriting


class PostgresDatabase(PostgresInspecting, PostgresTrapping, PostgresWriting):
    pass
