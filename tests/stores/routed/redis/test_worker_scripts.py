from dataclasses import replace

import pytest

from migrations_app.engine.errors import InsufficientResources, LeaseLost
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.sessions.records import Version
from tests.stores.routed.place import FIRST, marks_of
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.sessions.place import WORKER, Place

pytestmark = pytest.mark.servers


def test_every_writing_call_compares_the_token_also_with_nothing_to_do(strings):
    with strings.ready() as store:
        store.sessions.raise_worker_fence(replace(WORKER, token=WORKER.token + 1))
        for call in (
            lambda: store.adopt([], WORKER),
            lambda: store.acknowledge([], WORKER),
            lambda: store.forget([], WORKER),
            lambda: store.suspects([], WORKER),
            lambda: store.raise_fence([], 1, WORKER),
        ):
            with pytest.raises(LeaseLost):
                call()


def test_a_full_server_takes_no_batch_in_part(disposable_redis):
    place = RedisPlace(Place(disposable_redis.config()))
    with place.ready() as store:
        store.write(place.record("marked"), FIRST)
        disposable_redis.command("CONFIG", "SET", "maxmemory", "1")

        with pytest.raises(InsufficientResources):
            store.adopt([place.held(f"id{n}", Version(1, 1)) for n in range(5)], WORKER)
        assert [held.record for held in store.fetch([f"id{n}" for n in range(5)])] == [None] * 5
        assert store.acknowledge(list(marks_of(store).values()), WORKER) == 1
        assert store.journal(ALL_BUCKETS).depth == 0
    place.client.close()
