import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.gauges import open_gauge
from migrations_app.testing.beam import COOKIE
from tests.stores.gauges.contract import GaugeContract
from tests.stores.gauges.target import target_of


class TestNode(GaugeContract):
    @pytest.fixture
    def target(self, beam_node):
        return target_of(beam_node.config(), {"password": COOKIE})

    @pytest.fixture
    def busy(self):
        return lambda: None


def test_a_configuration_that_is_not_usable_is_refused_before_anything_is_opened():
    with pytest.raises(ValidationFailed, match="not usable"), open_gauge(target_of({"store": "redis"})):
        pass
