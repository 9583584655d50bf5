import pytest

from migrations_app.stores.routed.postgres.names import FUNCTIONS, SEQUENCES, TABLES, find
from tests.stores.sessions.place import WORKER
from tests.stores.sessions.postgres.places import at, own_schema

pytestmark = pytest.mark.servers


def test_names_carry_the_schema_where_the_table_lies(django):
    with django.open() as store:
        connection, layout = store.sessions.connection(), store.sessions.layout()
        before = find(connection, layout)
        store.sessions.initialise(WORKER)
        after = find(connection, store.sessions.layout())

    schema = before.schema
    assert before.main == f'"{schema}"."django_session"'
    assert before.route == f'"{schema}"."django_session__route"'
    assert (before.side, after.side) == ("", f'"{schema}"."django_session__snakeweb"')
    assert -(2**31) <= before.lock == after.lock < 2**31


def test_the_longest_table_name_leaves_room(postgres_server):
    assert max(len(suffix) for suffix in (*FUNCTIONS, *TABLES, *SEQUENCES, "dirty", "dead")) <= len("snakeweb")
    with own_schema(postgres_server) as schema:
        place = at(postgres_server, f"{schema}.{'t' * 53}")
        with place.ready() as store:
            assert len(find(store.connection(), store.layout()).of("buckets").split(".")[1]) <= 65
