"""SQLite against the store in memory, operation by operation."""

import tempfile
from pathlib import Path

from migrations_app.stores.routed.base import RoutedStore
from migrations_app.stores.routed.sqlite.store import RoutedSQLite
from tests.stores.routed.machine import SETTINGS, RoutedMachine
from tests.stores.routed.place import RoutedPlace
from tests.stores.routed.sqlite.places import PlaceInSQLite
from tests.stores.sessions.sqlite.conftest import DJANGO, DJANGO_TABLE, sqlite_place


class OwnTableMachine(RoutedMachine):
    def new_place(self) -> RoutedPlace:
        self.folder = tempfile.TemporaryDirectory()
        return PlaceInSQLite(sqlite_place(Path(self.folder.name) / "own.db"))

    def opened(self, store: RoutedStore) -> None:
        if isinstance(store, RoutedSQLite):
            store.sessions.connection().execute("PRAGMA synchronous = OFF")

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


class DjangoMachine(OwnTableMachine):
    endless = False

    def new_place(self) -> RoutedPlace:
        self.folder = tempfile.TemporaryDirectory()
        values = {"table": "django_session", "value_type": "text", "columns": DJANGO}
        return PlaceInSQLite(sqlite_place(Path(self.folder.name) / "d.db", DJANGO_TABLE, **values))


TestOwnTable = OwnTableMachine.TestCase
TestOwnTable.settings = SETTINGS
TestTableOfDjango = DjangoMachine.TestCase
TestTableOfDjango.settings = SETTINGS
