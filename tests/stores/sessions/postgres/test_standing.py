import psycopg
import pytest

from migrations_app.stores.sessions.base import Standing
from tests.stores.sessions.place import wait_until
from tests.stores.sessions.postgres.places import at, connection_of

pytestmark = pytest.mark.servers

OTHERS = "CREATE TABLE orders AS SELECT generate_series(1, 2000) AS id; ANALYZE orders;"


@pytest.fixture
def own_database(postgres_server):
    """The statistics are the whole database's, and other tests drop tables of the common one meanwhile."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE standing_alone")
        yield at(postgres_server, "sessions", database="standing_alone")
        connection.execute("DROP DATABASE standing_alone WITH (FORCE)")


def test_it_tells_what_else_the_database_holds(own_database):
    with own_database.open() as store:
        before = store.probe().standing
        assert isinstance(before, Standing)
        assert (before.replica, before.replica_lag_ms, before.machine_free_bytes) == (False, None, None)
        with connection_of(own_database) as others:
            others.execute(OTHERS)
        # A session that stays open keeps what it counted for up to ten seconds; one that ends hands it in.
        wait_until(lambda: (store.probe().standing.other_records or 0) >= (before.other_records or 0) + 2000)


def test_whether_changes_are_put_on_disk_is_what_the_server_says(own):
    with own.open() as store:
        durable = store.probe().standing.durable
        (setting,) = store._open().execute("SHOW fsync").fetchone()

    assert durable is (setting == "on")
