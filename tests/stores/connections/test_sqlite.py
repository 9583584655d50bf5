import sqlite3

import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.connections.sqlite import connect, domain_errors, transaction


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "one#two?.db")


def test_a_file_is_made_only_where_that_is_asked_for(path):
    with pytest.raises(ValidationFailed, match="cannot be opened"), domain_errors(path):
        connect(path, read_only=False)
    made = connect(path, read_only=False, create=True)
    made.execute("CREATE TABLE t (n)")
    made.close()
    reader = connect(path, read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM t")
    reader.close()


def test_a_transaction_that_fails_leaves_nothing(path):
    connection = connect(path, read_only=False, create=True)
    connection.execute("CREATE TABLE t (n UNIQUE)")
    with pytest.raises(sqlite3.IntegrityError), transaction(connection):
        connection.executemany("INSERT INTO t VALUES (?)", [(1,), (1,)])
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (2)")

    assert connection.execute("SELECT n FROM t").fetchall() == [(2,)]
    connection.close()


@pytest.mark.parametrize(("table", "field"), [("", "config"), ("t", "config.columns")])
def test_a_field_is_named_only_where_the_configuration_has_it(table, field):
    with pytest.raises(ValidationFailed) as caught, domain_errors("file", table):
        raise sqlite3.IntegrityError("UNIQUE constraint failed")

    assert [problem.field for problem in caught.value.problems] == [field]


def test_what_nobody_foresaw_may_be_tried_again():
    with pytest.raises(DependencyUnavailable, match="disk I/O"), domain_errors("file"):
        raise sqlite3.OperationalError("disk I/O error")
