import pytest

from migrations_app.stores.sessions.records import Codec
from tests.stores.routed.contract import RoutedContract
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import Place
from tests.stores.sessions.redis.conftest import HASH

pytestmark = pytest.mark.servers


class TestStrings(RoutedContract):
    @pytest.fixture(params=["opaque", "json"])
    def place(self, request, empty_redis):
        place = RedisPlace(Place(empty_redis.config(codec=request.param), codec=Codec(request.param)))
        yield place
        place.client.close()


class TestHashes(RoutedContract):
    @pytest.fixture
    def place(self, empty_redis):
        place = RedisPlace(Place(empty_redis.config(**HASH)))
        yield place
        place.client.close()
