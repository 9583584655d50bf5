from dataclasses import replace

import pytest

from tests.stores.sessions.contract import StoreContract
from tests.stores.sessions.place import WORKER, ids, now_ms, scan_all, wait_until
from tests.stores.sessions.postgres.places import at, own_schema, rows, run

pytestmark = pytest.mark.servers

STRANGE_TABLE = """
CREATE TABLE {s}."Strange Table$" (id serial PRIMARY KEY);
CREATE TABLE {s}.strange ("the ""key" text COLLATE "C.utf8" NOT NULL UNIQUE, "Value" bytea, kind varchar(10),
    born timestamp, seen int, ttl int, dies timestamp, more json, e bigint, s bigint, noise text DEFAULT 'x');
"""
STRANGE = {
    "key": 'the "key', "value": "Value", "codec": "kind", "created_at": "born", "expires_at": "dies", "extra": "more",
    "ver_epoch": "e", "ver_seq": "s",
}  # fmt: skip


class TestBytea(StoreContract):
    @pytest.fixture(params=["opaque", "json", "msgpack"])
    def place(self, request, postgres_server):
        with own_schema(postgres_server) as schema:
            yield at(postgres_server, f"{schema}.sessions", codec=request.param)


class TestJsonb(StoreContract):
    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server) as schema:
            yield at(postgres_server, f"{schema}.sessions", codec="json", value_type="jsonb")


class TestTableOfDjango(StoreContract):
    @pytest.fixture
    def place(self, django):
        return django


class TestStrangeTable(StoreContract):
    """Quotes in names, a collation of its own, timestamps without zone, JSON, versions in the table, ttl beside it."""

    @pytest.fixture
    def place(self, postgres_server):
        with own_schema(postgres_server, STRANGE_TABLE) as schema:
            yield at(postgres_server, f"{schema}.strange", columns=STRANGE)


def test_the_table_of_django_is_read_and_written_as_django_does(django):
    run(
        django,
        "INSERT INTO {t} VALUES ('old', 'eyJ:sig', now() - interval '1 s'),"
        "('live', 'eyJ:sig', '2100-01-01 00:00:00.5+02'), ('ever', 'x', 'infinity')",
    )
    with django.open(read_only=True) as store:
        live, ever = sorted(scan_all(store), key=lambda record: record.id, reverse=True)
        assert (live.id, live.value, live.expires_at_ms) == ("live", b"eyJ:sig", 4_102_437_600_500)
        assert (ever.expires_at_ms, store.count()) == (None, 2)
    with django.ready() as store:
        store.apply([django.record("live", expires_at_ms=4_102_437_600_750, ttl_ms=9)], WORKER)

    assert rows(django, "SELECT session_data, extract(epoch FROM expire_date)::text FROM {t} "
                                 "WHERE session_key = 'live'") == [('{"n": 1}', "4102437600.750000")]  # fmt: skip


def test_somebody_elses_table_loses_nothing_and_gets_no_columns(django):
    before = rows(django, "SELECT attname FROM pg_attribute WHERE attrelid = '{t}'::regclass")
    with django.ready() as store:
        store.apply(django.records(20, ttl_ms=60_000, created_at_ms=5, extra={"a": 1}), WORKER)
        assert {(r.ttl_ms, r.created_at_ms, r.extra["a"], r.version) for r in scan_all(store)} == {
            (60_000, 5, 1, (7, 1))
        }
        assert rows(django, "SELECT count(*) FROM {t}__snakeweb") == [(20,)]
        store.drop_created(WORKER)
        store.clear_worker_fences("run:7:")
        assert store.count() == 20

    assert rows(django, "SELECT attname FROM pg_attribute WHERE attrelid = '{t}'::regclass") == before
    left = rows(
        django,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text = '{s}'",
    )
    assert left == [("django_session",)]


def test_the_own_table_is_made_and_unmade(own):
    with own.open() as store:
        assert not store.probe().exists
        assert store.initialise(WORKER)
        assert store.initialise(replace(WORKER, token=9)), "a repeat after a crash tells the same"
        assert store.probe().exists
        worker = replace(WORKER, token=9)
        store.apply([own.record("a", expires_at_ms=now_ms() + 200)], worker)
        wait_until(lambda: store.count() == 0)
        store.drop_created(worker)
        assert not store.probe().exists
        store.clear_worker_fences("run:7:")

    assert rows(own, "SELECT relname FROM pg_class WHERE relnamespace::regnamespace::text = '{s}'") == []


def test_a_table_of_our_shape_that_was_there_before_is_never_dropped(own):
    with own.ready() as store:
        store.clear_worker_fences("run:7:")
    run(own, "DELETE FROM {s}.snakeweb_fences WHERE starts_with(scope, 'created:')")
    with own.open() as store:
        assert store.initialise(WORKER) is False
        store.drop_created(WORKER)
        assert store.probe().exists


def test_unreadable_rows_are_named(postgres_server):
    ddl = """CREATE TABLE {s}.t (k text PRIMARY KEY, v bytea, c text, x text);
    INSERT INTO {s}.t VALUES ('good', '{}', 'json', '{}'), ('null', NULL, 'json', NULL), ('codec', '1', 'pickle', NULL),
    ('json', 'nope', 'json', NULL), ('extra', '1', 'opaque', 'nope')"""
    with own_schema(postgres_server, ddl) as schema:
        columns = {"key": "k", "value": "v", "codec": "c", "extra": "x"}
        with at(postgres_server, f"{schema}.t", columns=columns).open() as store:
            page = store.scan("", 10)

    assert ids(page.records) == ["good"]
    assert dict(page.unreadable) == {
        "codec": "its codec is not known here",
        "extra": "its extra data is not JSON",
        "json": "the value is not JSON",
        "null": "the value is NULL",
    }
