"""Type traps of MariaDB, on either side."""

import pytest

from migrations_app.stores.tables import mapping
from migrations_app.stores.tables.traps import Code, traps

pytestmark = pytest.mark.servers


def found(source, target):
    with source.open() as one, target.open() as other:
        held, there = one.catalogue(), other.catalogue()
        selections, problems = mapping.selections(held, there, {}, engine=there.details["engine"])
        assert problems == []
        return {(trap.column, trap.code, trap.rows) for trap in traps(one, selections, there)}


def test_days_that_are_none_truth_beyond_one_and_numbers_beyond_others_are_found(mariadb, mariadb_server, postgres):
    mariadb_server.sql(
        "SET sql_mode = ''; CREATE TABLE t (id bigint unsigned PRIMARY KEY, day date, flag tinyint(1), at time,"
        " note text); INSERT INTO t VALUES (1, '0000-00-00', 1, '10:00', 'ok'),"
        " (18446744073709551615, '2020-02-29', 2, '25:00', 'b\\0')",
        mariadb.config["database"],
    )

    assert found(mariadb, postgres) == {
        ("id", Code.OUT_OF_RANGE, 1),
        ("day", Code.NO_VALUE, 1),
        ("flag", Code.NO_VALUE, 1),
        ("at", Code.NO_VALUE, 1),
        ("note", Code.NUL, 1),
    }


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_what_a_table_of_mariadb_lacks_is_found_in_the_source(kind, mariadb, mariadb_server, request, postgres_server):
    mariadb_server.sql(
        "CREATE TABLE t (id varchar(9) PRIMARY KEY, n int unsigned, note varchar(40) CHARACTER SET utf8mb3)",
        mariadb.config["database"],
    )
    source = request.getfixturevalue(kind)
    statements = "CREATE TABLE t (id varchar(9) PRIMARY KEY, n bigint, note text); INSERT INTO t VALUES "
    statements += "('a', 4294967295, 'ä'), ('A', -1, '🙂'), ('b', 4294967296, NULL)"
    if kind == "postgres":
        postgres_server.sql(statements, source.config["database"])
    else:
        with source.open() as database:
            database._open(create=True).executescript(statements)

    assert {(code, rows) for _, code, rows in found(source, mariadb)} == {
        (Code.OUT_OF_RANGE, 2),
        (Code.NO_CHARACTER, 1),
        (Code.DUPLICATE, 2),
    }
