import sqlite3

import psycopg
import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.opening import open_database


def test_an_unusable_configuration_is_refused_before_anything_is_opened():
    with pytest.raises(ValidationFailed) as caught:
        open_database({"engine": "postgres"}, {})

    assert "config.host" in [problem.field for problem in caught.value.problems]


@pytest.mark.servers
def test_postgresql_itself_refuses_writes_of_a_read_only_database(postgres):
    with postgres.open(read_only=True) as database:
        database.probe()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            database._open().execute("CREATE TABLE never ()")


def test_sqlite_itself_refuses_writes_of_a_read_only_database(sqlite):
    with sqlite.open() as database:
        database._open(create=True).execute("CREATE TABLE t (n)")
    with sqlite.open(read_only=True) as database:
        assert database.probe().tables == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database._open().execute("DELETE FROM t")
