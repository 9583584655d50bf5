import pytest
import redis

from migrations_app.testing.servers import RedisServer
from tests.stores.sessions.place import Place

HASH = {"layout": "hash", "created_field": "created", "accessed_field": "seen", "ttl_field": "ttl"}


@pytest.fixture
def client(empty_redis):
    with redis.Redis.from_url(empty_redis.url) as client:
        yield client


@pytest.fixture
def strings(empty_redis):
    return Place(empty_redis.config())


@pytest.fixture(scope="module")
def locked_redis(server_directory):
    with RedisServer(server_directory / "locked", password="secret", persistent=False) as server:
        yield server
