import pytest

from tests.stores.sessions.postgres.places import DJANGO, DJANGO_TABLE, at, own_schema


@pytest.fixture
def own(postgres_server):
    with own_schema(postgres_server) as schema:
        yield at(postgres_server, f"{schema}.sessions")


@pytest.fixture
def django(postgres_server):
    with own_schema(postgres_server, DJANGO_TABLE) as schema:
        yield at(postgres_server, f"{schema}.django_session", value_type="text", columns=DJANGO)
