import pytest

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.testing.mariadb import MariaDBServer
from tests.stores.gauges.contract import GaugeContract
from tests.stores.gauges.target import target_of

pytestmark = pytest.mark.servers


class TestMariaDB(GaugeContract):
    @pytest.fixture
    def target(self, mariadb_server: MariaDBServer):
        mariadb_server.sql("CREATE DATABASE IF NOT EXISTS tables_read_by_gauges")
        return target_of(mariadb_server.config("tables_read_by_gauges"), mariadb_server.secrets, TargetKind.DATABASE)

    @pytest.fixture
    def busy(self):
        return lambda: None
