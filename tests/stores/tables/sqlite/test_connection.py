import os

import pytest

from migrations_app.engine.errors import ValidationFailed
from tests.stores.tables.places import sqlite_place


def test_a_file_is_made_only_by_a_write(sqlite):
    path = sqlite.config["path"]
    with sqlite.open() as database, pytest.raises(ValidationFailed, match="cannot be opened"), database._errors():
        database._open()
    assert not os.path.exists(path)
    with sqlite.open() as database:
        database._open(create=True).execute("CREATE TABLE t (n)")

    assert os.path.exists(path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to be looked at as one" * 50)
    with sqlite_place(tmp_path / "text").open() as database, pytest.raises(ValidationFailed, match="no SQLite"):
        database.probe()
