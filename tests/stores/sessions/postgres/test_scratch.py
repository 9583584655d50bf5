import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.stores.sessions.scratch import scratch_config

WORKER = WorkerToken("run:7", 2)
THEIRS = {"table": "theirs", "columns": {"key": "id", "value": "data"}}


def tables(server):
    return server.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1").split()


@pytest.fixture
def theirs(empty_postgres):
    empty_postgres.sql("CREATE TABLE theirs (id varchar(40) PRIMARY KEY, data bytea NOT NULL CHECK (length(data) < 9))")
    return empty_postgres.config(**THEIRS)


def test_it_is_made_like_the_table_and_dropped_whole(empty_postgres, theirs):
    before = tables(empty_postgres)
    with open_store(scratch_config(theirs, 7), empty_postgres.secrets) as store:
        store.initialise_like(parse_config(theirs), WORKER)
        store.initialise_like(parse_config(theirs), WORKER)
        store.apply([SessionRecord("a", b"1")], WORKER)
        with pytest.raises(ValidationFailed):
            store.apply([SessionRecord("b", b"too long by far")], WORKER)
        assert store.count() == 1
        assert empty_postgres.sql("SELECT count(*) FROM theirs").strip() == "0"

        store.remove_scratch(WORKER, lambda: None)
        store.remove_scratch(WORKER, lambda: None)

    assert tables(empty_postgres) == before


def test_a_sequence_of_the_original_is_never_counted_on(empty_postgres, theirs):
    empty_postgres.sql("ALTER TABLE theirs ADD n serial")
    before = tables(empty_postgres)
    with open_store(scratch_config(theirs, 7), empty_postgres.secrets) as store:
        with pytest.raises(ValidationFailed) as refused:
            store.initialise_like(parse_config(theirs), WORKER)
        assert refused.value.problems[0].code == "shared_sequence"
        store.remove_scratch(WORKER, lambda: None)
    assert tables(empty_postgres) == before


def test_a_worker_that_was_replaced_removes_nothing(empty_postgres):
    config = empty_postgres.config()
    with open_store(scratch_config(config, 7), empty_postgres.secrets) as store:
        store.initialise_like(parse_config(config), WORKER)
        with pytest.raises(LeaseLost):
            store.remove_scratch(WorkerToken("run:7", 1), lambda: None)
        assert store.probe().exists
