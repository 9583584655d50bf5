import psycopg
import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.connections.postgres import Server, check_version, connect, domain_errors

pytestmark = pytest.mark.servers


@pytest.fixture
def server(postgres_server):
    return Server(postgres_server.host, postgres_server.port, postgres_server.database, postgres_server.username)


def test_an_old_server_is_refused():
    check_version(130000)
    with pytest.raises(ValidationFailed, match="PostgreSQL 12 is too old"):
        check_version(120022)


def test_settings_of_a_session_are_added_replaced_or_left_to_the_server(server, postgres_server):
    session = {"statement_timeout": "7s", "IntervalStyle": "iso_8601", "TimeZone": ""}
    with connect(server, postgres_server.password, read_only=False, session=session) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("statement_timeout", "IntervalStyle", "lock_timeout", "transaction_read_only")
        ]
        (source,) = connection.execute("SELECT source FROM pg_settings WHERE name = 'TimeZone'").fetchone()

    assert shown == ["7s", "iso_8601", "5s", "off"]
    assert source != "client"


def test_the_server_refuses_writes_of_a_read_only_connection(server, postgres_server):
    with (
        connect(server, postgres_server.password, read_only=True) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("CREATE TABLE never ()")


@pytest.mark.parametrize(("table", "field"), [("", "config"), ("t", "config.table")])
def test_a_field_is_named_only_where_the_configuration_has_it(server, postgres_server, table, field):
    named = Server(server.host, server.port, server.database, server.username, table=table)
    with (
        pytest.raises(ValidationFailed) as caught,
        domain_errors(named),
        connect(named, postgres_server.password, read_only=True) as connection,
    ):
        connection.execute("SELECT * FROM nowhere_at_all")

    assert [problem.field for problem in caught.value.problems] == [field]
