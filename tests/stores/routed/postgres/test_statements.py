import psycopg
import pytest

from migrations_app.stores.routed.postgres.statements import Statements, int4, int8, number, optional_int8, text
from tests.stores.sessions.postgres.places import connection_of

pytestmark = pytest.mark.servers


@pytest.fixture
def statements(own):
    with connection_of(own.sessions) as connection:
        yield Statements(connection)


def test_parameters_and_results_are_binary(statements):
    result = statements.run(
        "SELECT $1::int4, $2::int8, $3::int8, $4::text", (int4(-3), int8(2**40), None, "ü".encode())
    )

    assert [number(result.get_value(0, column)) for column in range(3)] == [-3, 2**40, None]
    assert (text(result.get_value(0, 3)), text(None), optional_int8(None)) == ("ü", "", None)


def test_errors_are_the_drivers(statements):
    with pytest.raises(psycopg.errors.UndefinedTable):
        statements.run("SELECT FROM nowhere", ())
    with pytest.raises(psycopg.errors.DivisionByZero):
        statements.run("SELECT 1 / $1::int4", (int4(0),))
    assert number(statements.run("SELECT 6 / $1::int4", (int4(3),)).get_value(0, 0)) == 2


def test_a_statement_that_was_deallocated_is_prepared_again(statements):
    statements.run("SELECT 1", ())
    statements.connection.execute("DEALLOCATE ALL")

    assert number(statements.run("SELECT 1", ()).get_value(0, 0)) == 1


def test_a_lost_connection_is_an_operational_error(statements, postgres_server):
    pid = number(statements.run("SELECT pg_backend_pid()", ()).get_value(0, 0))
    with psycopg.connect(postgres_server.url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(psycopg.Error):
        statements.run("SELECT pg_backend_pid()", ())
    assert statements.connection.broken
