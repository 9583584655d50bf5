import sqlite3
from dataclasses import replace

import pytest

from migrations_app.stores.sessions.records import Codec
from tests.stores.sessions.contract import StoreContract
from tests.stores.sessions.place import WORKER, ids
from tests.stores.sessions.sqlite.conftest import DJANGO, DJANGO_TABLE, sqlite_place


class TestOwnTable(StoreContract):
    @pytest.fixture(params=["opaque", "json", "msgpack"])
    def place(self, request, tmp_path):
        place = sqlite_place(tmp_path / "s.db", codec=request.param)
        return replace(place, codec=Codec(request.param))


class TestTableOfDjango(StoreContract):
    @pytest.fixture
    def place(self, tmp_path):
        values = {"table": "django_session", "value_type": "text", "columns": DJANGO}
        return sqlite_place(tmp_path / "d.db", DJANGO_TABLE, **values)


def test_unreadable_rows_are_named(tmp_path):
    ddl = """CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB, c TEXT);
        INSERT INTO t VALUES ('null', NULL, 'json'), ('json', 'x', 'json'), ('codec', 'x', 'pickle'),
            ('good', '1', 'json')"""
    place = sqlite_place(tmp_path / "t.db", ddl, table="t", columns={"key": "k", "value": "v", "codec": "c"})
    with place.open() as store:
        page = store.scan("", 10)

    assert ids(page.records) == ["good"]
    assert dict(page.unreadable) == {
        "null": "the value is NULL",
        "json": "the value is not JSON",
        "codec": "a column holds what its unit does not allow",
    }


def test_the_own_table_is_made_and_unmade(own):
    with own.open() as store:
        assert not store.probe().exists
        assert store.initialise(WORKER)
        store.drop_created(WORKER)
        store.clear_worker_fences("run:7:")
        assert not store.probe().exists

    connection = sqlite3.connect(own.config["path"])
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()


def test_where_no_file_was_made_nothing_is_taken_back_and_none_is_made(tmp_path):
    place = sqlite_place(tmp_path / "never.db")
    (tmp_path / "never.db").unlink(missing_ok=True)
    with place.open() as store:
        store.raise_worker_fence(WORKER)
        store.drop_created(WORKER)
        store.clear_worker_fences("run:7:")

    assert not (tmp_path / "never.db").exists()
