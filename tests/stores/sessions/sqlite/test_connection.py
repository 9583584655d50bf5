import os
import sqlite3

import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from tests.stores.sessions.place import WORKER, ids, scan_all
from tests.stores.sessions.sqlite.conftest import sqlite_place


def test_a_missing_file_or_folder_names_the_path(own, tmp_path):
    with own.open() as store:
        assert store.probe().identity.startswith("sqlite:/")
        with pytest.raises(ValidationFailed, match="cannot be opened") as caught:
            store.count()
    with sqlite_place(tmp_path / "no" / "such.db").open() as store, pytest.raises(ValidationFailed, match="no folder"):
        store.probe()

    assert caught.value.problems[0].field == "config.path"
    assert not os.path.exists(own.config["path"]), "asking must not create the file"


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to be looked at as one" * 50)
    with sqlite_place(tmp_path / "text").open() as store, pytest.raises(ValidationFailed, match="no SQLite database"):
        store.count()


def test_a_number_beyond_the_file_format_is_refused(own):
    with own.ready() as store, pytest.raises(ValidationFailed):
        store.apply([own.record(expires_at_ms=2**64)], WORKER)


def test_a_file_locked_by_somebody_else_is_unavailable(own, monkeypatch):
    monkeypatch.setattr("migrations_app.stores.connections.sqlite.BUSY_SECONDS", 0.05)
    with own.ready() as store:
        other = sqlite3.connect(own.config["path"], isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DependencyUnavailable, match="locked"):
            store.apply([own.record()], WORKER)
        other.execute("ROLLBACK")
        other.close()

        assert store.apply([own.record()], WORKER).written == 1
        assert ids(scan_all(store)) == ["one"]


def test_the_library_itself_refuses_writes_of_a_read_only_connection(own):
    with own.ready(), own.open(read_only=True) as reader:
        reader.count()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._open().execute("DELETE FROM snakeweb_sessions")
