"""SQLite behind the one contract of databases: its parts put together."""

from migrations_app.stores.tables.sqlite.inspecting import SQLiteInspecting
from migrations_app.stores.tables.unwritten import Unwritten


class SQLiteDatabase(SQLiteInspecting, Unwritten):
    pass
