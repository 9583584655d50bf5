from dataclasses import replace

import pytest

from migrations_app.stores.sessions import endpoint as endpoint_of_store
from migrations_app.stores.tables.identity import endpoint, fingerprint, schema_digest

POSTGRES = {"engine": "postgres", "host": "db.example", "database": "d", "username": "u"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (POSTGRES, "postgresql://db.example:5432/d"),
        (POSTGRES | {"host": "/run/postgresql", "port": 5, "schemas": "a"}, "postgresql://127.0.0.1:5/d"),
        (
            {"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "DB.", "database": "d", "username": "u"},
            "mysql://db:3306/d",
        ),
    ],
)
def test_one_text_for_every_way_to_write_an_endpoint(config, expected):
    assert endpoint(config) == expected


def test_a_session_store_in_the_same_database_has_the_same_text(tmp_path):
    (tmp_path / "real.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    store = {"store": "postgres", "host": "DB.example", "database": "d", "username": "other", "table": "t"}

    assert endpoint(POSTGRES) == endpoint_of_store(store)
    assert endpoint({"engine": "sqlite", "path": str(tmp_path / "link.db")}) == endpoint_of_store(
        {"store": "sqlite", "path": str(tmp_path / "real.db")}
    )


def test_a_fingerprint_changes_with_the_tables_and_not_with_their_rows(sqlite):
    with sqlite.open() as database:
        connection = database._open(create=True)
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)")
        first = fingerprint(database.probe(), database.catalogue())
        connection.execute("INSERT INTO t (a) VALUES ('x')")
        connection.execute("CREATE INDEX i ON t (a)")
        second = fingerprint(database.probe(), database.catalogue())
        connection.execute("ALTER TABLE t ADD COLUMN b")
        third = fingerprint(database.probe(), database.catalogue())

    assert first == second
    assert {name for name in first if first[name] != third[name]} == {"schema"}
    assert (first["tables"], len(first["schema"])) == (1, 64)


def test_no_table_at_all_has_a_digest_too(sqlite):
    with sqlite.open() as database:
        empty = database.catalogue()

    assert schema_digest(empty) == schema_digest(replace(empty, encoding="UTF-16"))
