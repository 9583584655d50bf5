import pytest

from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import Place


@pytest.fixture
def strings(empty_redis):
    place = RedisPlace(Place(empty_redis.config()))
    yield place
    place.client.close()
