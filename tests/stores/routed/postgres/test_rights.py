"""Worker, owner and application are three users of the server; none of them may do everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, WriteOutcome
from migrations_app.stores.routed.postgres.store import RoutedPostgres
from migrations_app.stores.sessions.configuration import parse_config
from tests.stores.routed.place import DOCUMENT, FIRST, marks_of
from tests.stores.routed.postgres.places import DATED, PostgresPlace
from tests.stores.sessions.place import WORKER, wait_until
from tests.stores.sessions.postgres.places import DJANGO, DJANGO_TABLE, at, connection_of, own_schema

pytestmark = pytest.mark.servers
WORD = "word"
ALL = "SELECT, INSERT, UPDATE, DELETE"


class Roles:
    """Users of one schema: `worker` may create in it, `owner` has the table, `application` has a name to be quoted."""

    def __init__(self, connection, schema):
        self.connection, self.schema = connection, schema
        self.worker, self.owner, self.application, self.auditor = names = (
            f"{schema}_worker",
            f"{schema}_owner",
            f'{schema} "app\'s"',
            f"{schema}_auditor",
        )
        for name in names:
            self.run(f"CREATE ROLE {{}} LOGIN PASSWORD '{WORD}'; GRANT USAGE ON SCHEMA {schema} TO {{}}", name, name)
        table = f"{schema}.django_session"
        self.run(f"GRANT CREATE ON SCHEMA {schema} TO {{}}; ALTER TABLE {table} OWNER TO {{}}", self.worker, self.owner)
        self.run(f"GRANT {ALL}, TRIGGER ON {table} TO {{}}", self.worker)
        self.run(f"GRANT {ALL} ON {table} TO {{}}; GRANT SELECT ON {table} TO {{}}", self.application, self.auditor)

    def run(self, statement, *names):
        self.connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def end(self):
        names = (self.worker, self.owner, self.application, self.auditor)
        self.run(", ".join(["DROP OWNED BY {}", *["{}"] * 3]) + " CASCADE", *names)
        for name in names:
            self.run("DROP ROLE {}", name)


@pytest.fixture
def roles(postgres_server):
    with (
        own_schema(postgres_server, DJANGO_TABLE) as schema,
        psycopg.connect(postgres_server.url, autocommit=True) as connection,
    ):
        roles = Roles(connection, schema)
        yield roles
        roles.end()


@pytest.fixture
def place(postgres_server, roles):
    """As the worker's user sees it."""
    values = {"value_type": "text", "columns": DJANGO, "username": roles.worker}
    sessions = replace(at(postgres_server, f"{roles.schema}.django_session"), text_values=True)
    sessions = replace(sessions, config={**sessions.config, **values}, secrets={"password": WORD})
    with PostgresPlace(sessions, "session_key", "session_data", "expire_date", DATED, decoded=True) as place:
        yield place


def opened(place, role):
    return RoutedPostgres(parse_config({**place.sessions.config, "username": role}), {"password": WORD})


@pytest.mark.parametrize("role", ["owner", "application"])
def test_who_may_write_to_the_table_may_do_it_under_a_guard(place, roles, role):
    with place.ready() as store, opened(place, getattr(roles, role)) as client:
        assert client.write(place.record(ttl_ms=5_000), FIRST).outcome is WriteOutcome.WRITTEN
        assert client.write(place.record(), FIRST, expected=client.read("one", FIRST).version).version > (0, 0)
        assert client.touch("one", FIRST, 60_000).outcome is WriteOutcome.WRITTEN
        assert client.delete("one", FIRST)
        assert marks_of(store).keys() == {"one"}
        store.raise_fence(ALL_BUCKETS, 2, WORKER)
        with pytest.raises(Fenced) as caught:
            client.write(place.record(), FIRST)
        assert caught.value.document == DOCUMENT == client.mirrored()


def test_who_may_write_to_the_table_may_keep_parts_beside_it(place, roles):
    with place.ready(), opened(place, roles.application) as client:
        client.sessions.raise_worker_fence(replace(WORKER, scope="client"))
        client.write(place.record(ttl_ms=5_000), None)

        assert client.read("one", None).ttl_ms == 5_000


def test_who_may_only_read_gets_nothing(place, roles):
    with place.ready(), opened(place, roles.auditor) as client, pytest.raises(ValidationFailed, match="permit"):
        client.read("one", FIRST)


def test_everybody_is_a_role_too(place, roles):
    roles.run(f"GRANT {ALL} ON {roles.schema}.django_session TO PUBLIC")
    with place.ready(), opened(place, roles.auditor) as client:
        assert client.write(place.record(), FIRST).outcome is WriteOutcome.WRITTEN


def test_where_functions_are_not_everybodys(place, roles):
    roles.run("ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", roles.worker)
    with place.ready(), opened(place, roles.application) as client:
        assert client.write(place.record(), FIRST).outcome is WriteOutcome.WRITTEN


def test_a_repeat_serves_who_came_later_and_changes_nothing_for_the_others(place, roles):
    rights = "SELECT array_agg(xmin::text ORDER BY oid) FROM pg_class WHERE relnamespace = %s::regnamespace"
    with place.ready() as store:
        before = roles.connection.execute(rights, [roles.schema]).fetchone()
        store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)
        assert roles.connection.execute(rights, [roles.schema]).fetchone() == before
        roles.run(f"GRANT {ALL} ON {roles.schema}.django_session TO {{}}", roles.auditor)
        store.join(WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)

        with opened(place, roles.auditor) as client:
            assert client.write(place.record(), FIRST).outcome is WriteOutcome.WRITTEN


def test_somebody_else_grants_on_the_shared_fences_at_the_same_moment(place, roles):
    fences = f"{roles.schema}.snakeweb_fences"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND wait_event_type = 'Lock'"
    with place.open() as store, connection_of(place.sessions) as other, ThreadPoolExecutor(1) as pool:
        store.sessions.initialise(WORKER)
        other.execute("BEGIN")
        other.execute(f"GRANT SELECT ON {fences} TO PUBLIC")
        joining = pool.submit(store.join, WORKER, route="main", fence=1, document=DOCUMENT, epoch=1)
        wait_until(lambda: roles.connection.execute(waiting, [roles.worker]).fetchone() != (0,))
        other.execute("COMMIT")
        joining.result(60)

        with opened(place, roles.application) as client:
            assert client.write(place.record(), FIRST).outcome is WriteOutcome.WRITTEN


def test_a_side_table_of_somebody_else_is_left_to_them(place, roles):
    """The application made it before there was a worker; who may do without our rights needs none of them."""
    with opened(place, roles.owner) as client:
        roles.run(f"GRANT CREATE ON SCHEMA {roles.schema} TO {{}}", roles.owner)
        client.sessions.raise_worker_fence(replace(WORKER, scope="client"))
        for table in ("snakeweb_fences", "django_session__snakeweb"):
            roles.run(f"GRANT {ALL} ON {roles.schema}.{table} TO {{}}, {{}}", roles.worker, roles.application)
        with place.ready():
            assert client.write(place.record(ttl_ms=5), FIRST).outcome is WriteOutcome.WRITTEN
            with opened(place, roles.application) as application:
                assert application.read("one", FIRST).ttl_ms == 5
