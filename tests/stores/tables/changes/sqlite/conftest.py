import pytest

from tests.stores.tables.changes.places import TABLES, SqlitePlace


@pytest.fixture(params=["delete", "wal"])
def place(request, tmp_path):
    made = SqlitePlace(tmp_path / "shop.sqlite3")
    made.run(f"PRAGMA journal_mode = {request.param}", *TABLES)
    return made
