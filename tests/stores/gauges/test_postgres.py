import psycopg
import pytest

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.stores.gauges import open_gauge
from tests.stores.gauges.contract import GaugeContract
from tests.stores.gauges.target import target_of

pytestmark = pytest.mark.servers


class TestPostgres(GaugeContract):
    @pytest.fixture
    def target(self, postgres_server):
        return target_of(postgres_server.config(), postgres_server.secrets)

    @pytest.fixture
    def busy(self, postgres_server):
        def work():
            """A backend reports what it counted when it ends, at the latest."""
            with psycopg.connect(postgres_server.database_url("postgres"), autocommit=True) as connection:
                for _ in range(5):
                    connection.execute("SELECT 1")

        return work


def test_a_whole_database_is_read_as_the_user_who_may_only_read(postgres_server):
    with psycopg.connect(postgres_server.database_url("postgres"), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS onlooker")
        connection.execute("CREATE ROLE onlooker LOGIN PASSWORD 'word'")
    known = postgres_server.config()
    config = {name: known[name] for name in ("host", "port", "database", "username")}
    config |= {"engine": "postgres", "readonly_username": "onlooker"}

    with open_gauge(target_of(config, {"readonly_password": "word"}, TargetKind.DATABASE)) as gauge:
        read = gauge.read()

    assert read.connections >= 1
    assert read.size_bytes > 0
