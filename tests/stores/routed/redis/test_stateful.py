import contextlib

import pytest

from migrations_app.testing.servers import RedisServer, scratch_directory
from tests.stores.routed.machine import SETTINGS, RoutedMachine
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import Place
from tests.stores.sessions.redis.conftest import HASH


class StringsLikeMemory(RoutedMachine):
    """Hypothesis makes an instance for every example; they share one server, and each finds it empty."""

    layout: dict[str, str] = {}
    servers = contextlib.ExitStack()
    server: RedisServer | None = None

    def new_place(self):
        if StringsLikeMemory.server is None:
            directory = self.servers.enter_context(scratch_directory())
            StringsLikeMemory.server = self.servers.enter_context(RedisServer(directory / "redis", persistent=False))
        StringsLikeMemory.server.command("FLUSHALL")
        self.redis = RedisPlace(Place(StringsLikeMemory.server.config(**self.layout)))
        return self.redis

    def teardown(self):
        super().teardown()
        if hasattr(self, "redis"):
            self.redis.client.close()


class HashesLikeMemory(StringsLikeMemory):
    layout = HASH


TestStrings = pytest.mark.servers(StringsLikeMemory.TestCase)
TestHashes = pytest.mark.servers(HashesLikeMemory.TestCase)
TestStrings.settings = SETTINGS
TestHashes.settings = SETTINGS


@pytest.fixture(scope="module", autouse=True)
def _server_ends():
    yield
    StringsLikeMemory.servers.close()
    StringsLikeMemory.server = None
