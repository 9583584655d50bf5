import pytest

from migrations_app.testing.servers import PostgresServer
from tests.stores.tables.places import DatabasePlace, postgres_place

pytestmark = pytest.mark.servers


def test_a_probe_says_what_a_move_has_to_know(postgres, postgres_server):
    postgres_server.sql("CREATE TABLE t (n int)", postgres.config["database"])
    with postgres.open(read_only=True) as database:
        found = database.probe()

    assert (found.kind, found.encoding, found.tables, found.writable) == ("postgres", "UTF8", 1, True)
    assert found.problems == ()
    assert not found.replica
    assert found.bytes > 0
    assert found.latency_ms > 0
    assert found.version[0].isdigit()


def test_a_database_that_was_made_anew_is_another_one(postgres, postgres_server: PostgresServer):
    with postgres.open() as database:
        first = database.probe().identity
    postgres_server.drop_database(postgres.config["database"])
    postgres_server.create_database(postgres.config["database"])
    with postgres.open() as database:
        assert database.probe().identity != first


def test_what_stops_reading_is_a_problem_and_what_stops_writing_is_a_fact(postgres, postgres_server):
    name = postgres.config["database"]
    postgres_server.sql(
        """DROP ROLE IF EXISTS half; CREATE ROLE half LOGIN PASSWORD 'x';
           CREATE SCHEMA shut; CREATE TABLE a (n int); CREATE TABLE b (n int); CREATE TABLE c (n int);
           GRANT SELECT ON a TO half""",
        name,
    )
    config = {**postgres.config, "username": "half", "schemas": "public,shut,nowhere"}
    with DatabasePlace(config, {"password": "x"}).open() as database:
        found = database.probe()
    postgres_server.sql("DROP OWNED BY half; DROP ROLE half", name)

    assert found.problems == (
        "There is no schema “nowhere”.",
        "The user may not use the schema “shut”.",
        "The user may not read 2 of 3 tables, among them public.b.",
    )
    assert not found.writable


def test_partitions_are_counted_as_their_one_table(postgres_server):
    with postgres_place(postgres_server) as place:
        postgres_server.sql(
            "CREATE TABLE p (n int) PARTITION BY RANGE (n); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
            place.config["database"],
        )
        with place.open() as database:
            assert database.probe().tables == 1
