from migrations_app.engine.ports import BUCKETS
from migrations_app.stores.routed.redis.keys import KINDS, RouteKeys
from migrations_app.stores.sessions.redis.scripts import fence_key


def test_no_two_keys_share_a_name_and_none_is_a_workers_fence():
    keys = RouteKeys("fence:")
    names = [*keys.gates, *keys.epochs, *keys.seqs, *keys.journals, *keys.dead, keys.route, keys.legacy, keys.marker]

    assert len(set(names)) == len(names) == BUCKETS * len(KINDS) + 3
    assert all(name.startswith(b"snakeweb:") for name in names)
    assert not any(name.startswith(fence_key("").encode()) for name in names)


def test_the_bucket_comes_last():
    assert RouteKeys("session:").gates[17] == b"snakeweb:gate:session::17"
