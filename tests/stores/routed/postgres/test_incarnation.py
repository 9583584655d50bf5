import pytest
from psycopg.sql import SQL, Identifier

from migrations_app.stores.routed.postgres.incarnation import incarnation
from migrations_app.stores.sessions.configuration import parse_config
from tests.stores.sessions.postgres.places import connection_of

pytestmark = pytest.mark.servers


def test_it_names_the_system_and_its_timeline(own):
    config = parse_config(own.sessions.config)
    with connection_of(own.sessions) as connection:
        (system,) = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()

        assert incarnation(connection, config) == f"postgresql:{system}/00000001"


def test_a_user_who_may_not_look_gets_the_address_instead(own):
    config = parse_config(own.sessions.config)
    role = Identifier("guest_of_" + own.sessions.config["table"].split(".")[0])
    with connection_of(own.sessions) as connection:
        connection.execute(SQL("CREATE ROLE {}").format(role))
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        try:
            connection.execute(SQL("SET ROLE {}").format(role))
            found = incarnation(connection, config)
        finally:
            connection.execute("RESET ROLE")
            connection.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
            connection.execute(SQL("DROP ROLE {}").format(role))

    assert found == f"postgresql:{config['host']}:{config['port']}/00000001"
