"""PostgreSQL against the store in memory, operation by operation."""

from contextlib import ExitStack
from typing import ClassVar

import pytest

from migrations_app.testing.servers import PostgresServer
from tests.stores.routed.machine import SETTINGS, RoutedMachine
from tests.stores.routed.place import RoutedPlace
from tests.stores.routed.postgres.places import DATED, PostgresPlace
from tests.stores.sessions.postgres.places import DJANGO, DJANGO_TABLE, at, own_schema

pytestmark = pytest.mark.servers


class OwnTableMachine(RoutedMachine):
    server: ClassVar[PostgresServer]

    def new_place(self) -> RoutedPlace:
        self.stack = ExitStack()
        schema = self.stack.enter_context(own_schema(self.server))
        return self.stack.enter_context(PostgresPlace(at(self.server, f"{schema}.sessions")))

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "stack"):
            self.stack.close()


class DjangoMachine(OwnTableMachine):
    endless = False

    def new_place(self) -> RoutedPlace:
        self.stack = ExitStack()
        schema = self.stack.enter_context(own_schema(self.server, DJANGO_TABLE))
        sessions = at(self.server, f"{schema}.django_session", value_type="text", columns=DJANGO)
        return self.stack.enter_context(
            PostgresPlace(sessions, "session_key", "session_data", "expire_date", DATED, decoded=True)
        )


@pytest.fixture(autouse=True)
def server(postgres_server):
    """Cases of `unittest` take no fixtures; a class can hold one for them."""
    OwnTableMachine.server = postgres_server


TestOwnTable = OwnTableMachine.TestCase
TestOwnTable.settings = SETTINGS
TestTableOfDjango = DjangoMachine.TestCase
TestTableOfDjango.settings = SETTINGS
