import pytest

from tests.stores.routed.contract import RoutedContract
from tests.stores.routed.postgres.places import PostgresPlace
from tests.stores.routed.sql_contract import SqlContract
from tests.stores.sessions.postgres.places import DJANGO, DJANGO_TABLE, at, own_schema

pytestmark = pytest.mark.servers

DATED = "to_timestamp(%s::double precision / 1000)"
SPARSE_TABLE = (
    'CREATE TABLE {s}.sparse ("the ""key" varchar(60) COLLATE "C.utf8" NOT NULL UNIQUE, "Value" text, dies int)'
)
SPARSE = {"key": 'the "key', "value": "Value", "expires_at": "dies"}


class TestBytea(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server) as schema:
            with PostgresPlace(at(postgres_server, f"{schema}.sessions")) as place:
                yield place


class TestJsonb(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server) as schema:
            sessions = at(postgres_server, f"{schema}.sessions", codec="json", value_type="jsonb")
            with PostgresPlace(sessions, decoded=True, codec="json") as place:
                yield place


class TestTableOfDjango(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server, DJANGO_TABLE) as schema:
            sessions = at(postgres_server, f"{schema}.django_session", value_type="text", columns=DJANGO)
            with PostgresPlace(sessions, "session_key", "session_data", "expire_date", DATED, decoded=True) as place:
                yield place


class TestStrangeTable(RoutedContract, SqlContract):
    """Quotes in names, a collation of its own, timestamps without zone, lengths beside the table."""

    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server, STRANGE_TABLE) as schema:
            sessions = at(postgres_server, f"{schema}.Strange$", value_type="text", columns=STRANGE)
            stamp = f"{DATED} AT TIME ZONE 'UTC'"
            with PostgresPlace(sessions, '"the ""key"', '"Value"', "dies", stamp, decoded=True) as place:
                yield place
