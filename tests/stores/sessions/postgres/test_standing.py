import pytest

from migrations_app.stores.sessions.base import Standing
from tests.stores.sessions.place import wait_until
from tests.stores.sessions.postgres.places import at, own_schema

pytestmark = pytest.mark.servers

OTHERS = "CREATE TABLE {s}.orders AS SELECT generate_series(1, 2000) AS id; ANALYZE {s}.orders;"


def test_it_tells_what_else_the_database_holds(postgres_server):
    with own_schema(postgres_server) as empty, at(postgres_server, f"{empty}.sessions").open() as store:
        before = store.probe().standing
        assert isinstance(before, Standing)
        assert (before.replica, before.replica_lag_ms, before.machine_free_bytes) == (False, None, None)
        with own_schema(postgres_server, OTHERS):
            wait_until(lambda: (store.probe().standing.other_records or 0) >= (before.other_records or 0) + 2000)


def test_whether_changes_are_put_on_disk_is_what_the_server_says(own):
    with own.open() as store:
        durable = store.probe().standing.durable
        (setting,) = store._open().execute("SHOW fsync").fetchone()

    assert durable is (setting == "on")
