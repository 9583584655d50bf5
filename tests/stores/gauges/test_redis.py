import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.stores.gauges import open_gauge
from tests.stores.gauges.contract import GaugeContract
from tests.stores.gauges.target import target_of

pytestmark = pytest.mark.servers


class TestRedis(GaugeContract):
    @pytest.fixture
    def target(self, redis_server):
        return target_of(redis_server.config())

    @pytest.fixture
    def busy(self, redis_server):
        return lambda: [redis_server.command("PING") for _ in range(5)]


def test_a_user_who_may_not_ask_is_told_so_and_a_server_that_is_gone_is_unavailable(empty_redis):
    empty_redis.command("ACL", "SETUSER", "narrow", "reset", "on", ">word", "~*", "+ping", "+get")
    narrow = target_of(empty_redis.config(readonly_username="narrow"), {"readonly_password": "word"})
    gone = target_of({**empty_redis.config(), "host": "127.0.0.1", "port": 1})

    with pytest.raises(ValidationFailed, match="does not permit it"), open_gauge(narrow) as gauge:
        gauge.read()
    with pytest.raises(DependencyUnavailable), open_gauge(gone) as gauge:
        gauge.read()
