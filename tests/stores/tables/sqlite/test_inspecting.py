import os

import pytest

from migrations_app.engine.errors import ValidationFailed
from tests.stores.tables.places import sqlite_place


def test_a_probe_says_what_a_move_has_to_know(sqlite):
    with sqlite.open() as database:
        database._open(create=True).executescript(
            "CREATE TABLE t (n INTEGER PRIMARY KEY AUTOINCREMENT); CREATE VIEW v AS SELECT n FROM t;"
        )
    with sqlite.open(read_only=True) as database:
        found = database.probe()

    assert (found.kind, found.encoding, found.tables, found.writable) == ("sqlite", "UTF-8", 1, True)
    assert found.identity.startswith("sqlite:")
    assert found.bytes == os.path.getsize(sqlite.config["path"])
    assert found.free_bytes > 0
    assert found.details == {"exists": "true"}


def test_a_file_that_is_not_there_yet_has_no_tables_and_is_not_made(sqlite):
    with sqlite.open() as database:
        found = database.probe()

    assert (found.tables, found.bytes, found.writable, found.details["exists"]) == (0, 0, True, "false")
    assert not os.path.exists(sqlite.config["path"])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    place = sqlite_place(tmp_path / "no" / "such.db")
    with place.open() as database, pytest.raises(ValidationFailed, match="no folder"):
        database.probe()
