import pytest

from tests.stores.routed.postgres.places import DATED, PostgresPlace
from tests.stores.sessions.postgres.places import DJANGO, DJANGO_TABLE, at, own_schema


@pytest.fixture
def own(postgres_server):
    with own_schema(postgres_server) as schema, PostgresPlace(at(postgres_server, f"{schema}.sessions")) as place:
        yield place


@pytest.fixture
def django(postgres_server):
    with own_schema(postgres_server, DJANGO_TABLE) as schema:
        sessions = at(postgres_server, f"{schema}.django_session", value_type="text", columns=DJANGO)
        with PostgresPlace(sessions, "session_key", "session_data", "expire_date", DATED, decoded=True) as place:
            yield place
