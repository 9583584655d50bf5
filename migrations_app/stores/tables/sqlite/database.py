"""SQLite behind the one contract of databases: its parts put together."""

from migrations_app.stores.tables.sqlite.inspecting import SQLiteInspecting
from migrations_app.stores.tables.sqlite.trapping import SQLiteTrapping
from migrations_app.stores.tables.sqlite.writing import SQLiteWriting


class SQLiteDatabase(SQLiteInspecting, SQLiteTrapping, SQLiteWriting):
    pass
