import pytest

pytestmark = pytest.mark.servers


def test_a_private_server_is_strict_and_listens_on_a_socket_alone(mariadb_server):
    assert "STRICT_TRANS_TABLES" in mariadb_server.sql("SELECT @@GLOBAL.sql_mode")
    assert mariadb_server.sql("SELECT @@skip_networking") == "1"
