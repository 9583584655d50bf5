import sqlite3

import pytest

from tests.stores.sessions.place import Place

DJANGO = {"key": "session_key", "value": "session_data", "expires_at": "expire_date"}
DJANGO_TABLE = """CREATE TABLE django_session ("session_key" varchar(40) NOT NULL PRIMARY KEY,
    "session_data" text NOT NULL, "expire_date" datetime NOT NULL)"""


def sqlite_place(path, ddl="", **values):
    if ddl:
        with sqlite3.connect(path) as connection:
            connection.executescript(ddl)
        connection.close()
    text = values.get("value_type") == "text"
    return Place({"store": "sqlite", "path": str(path), **values}, text_values=text)


@pytest.fixture
def own(tmp_path):
    return sqlite_place(tmp_path / "own.db")
