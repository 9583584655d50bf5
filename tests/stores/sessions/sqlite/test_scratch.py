import sqlite3
from contextlib import closing

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.stores.sessions.scratch import scratch_config
from migrations_app.stores.sessions.sqlite.scratch import create_like

WORKER = WorkerToken("run:7", 2)


@pytest.fixture
def theirs(tmp_path):
    path = str(tmp_path / "theirs.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE \"the table\" (id TEXT NOT NULL, data BLOB NOT NULL, extra TEXT DEFAULT 'x');"
            'CREATE UNIQUE INDEX "by (id)" ON "the table" (id);'
            "CREATE TRIGGER t AFTER INSERT ON \"the table\" BEGIN SELECT RAISE(ABORT, 'no'); END;"
        )
    return {"store": "sqlite", "path": path, "table": "theirs", "columns": {"key": "id", "value": "data"}}


def test_a_table_is_made_with_its_indexes_and_without_its_triggers(theirs):
    original = parse_config(theirs)
    original.values["table"] = "the table"  # type: ignore[index]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_like(connection, original)
        made = connection.execute("SELECT type, name FROM sqlite_master ORDER BY type").fetchall()
    assert made == [("index", "by (id)"), ("table", "the table")]


@pytest.fixture
def scratch(tmp_path):
    config = {"store": "sqlite", "path": str(tmp_path / "sessions.db")}
    return config, scratch_config(config, 7)


def test_the_file_goes_whole_and_twice_is_no_error(scratch, tmp_path):
    original, config = scratch
    with open_store(config, {}) as store:
        store.initialise_like(parse_config(original), WORKER)
        store.apply([SessionRecord("a", b"1")], WORKER)
        store.remove_scratch(WORKER, lambda: None)
        store.remove_scratch(WORKER, lambda: None)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_was_replaced_removes_nothing(scratch, tmp_path):
    original, config = scratch
    with open_store(config, {}) as store:
        store.initialise_like(parse_config(original), WORKER)
        with pytest.raises(LeaseLost):
            store.remove_scratch(WorkerToken("run:7", 1), lambda: None)
    assert [path.name for path in tmp_path.iterdir()] == ["sessions.db.rehearsal-7"]
