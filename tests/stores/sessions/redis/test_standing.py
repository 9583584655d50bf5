from typing import Any

import pytest

from migrations_app.stores.sessions.base import Standing
from migrations_app.stores.sessions.redis.standing import standing
from migrations_app.testing.servers import RedisServer
from tests.stores.sessions.place import Place, wait_until

PRIMARY: dict[str, Any] = {"role": "master", "aof_enabled": 1, "maxmemory": 0, "used_memory": 40}


@pytest.mark.servers
def test_what_a_real_server_tells_of_itself(disposable_redis):
    disposable_redis.command("SET", "somebody-elses", "1")
    disposable_redis.command("CONFIG", "SET", "appendonly", "yes")
    with Place(disposable_redis.config()).open() as store:
        seen = store.probe().standing

    assert (seen.replica, seen.replica_lag_ms, seen.durable, seen.other_records) == (False, None, True, 1)
    assert (seen.machine_free_bytes or 0) > 1 << 20

    disposable_redis.command("CONFIG", "SET", "maxmemory", "100mb")
    disposable_redis.command("CONFIG", "SET", "appendonly", "no")
    with Place(disposable_redis.config()).open() as store:
        assert store.probe(counted=False).standing == Standing(durable=False)


@pytest.mark.servers
def test_a_real_replica_and_its_primary(redis_server, tmp_path):
    options = {"replicaof": f"{redis_server.host} {redis_server.port}"}
    replica = RedisServer(tmp_path / "replica", options=options, persistent=False)
    with replica, Place(replica.config()).open() as follower, Place(redis_server.config()).open() as leader:
        wait_until(lambda: leader.probe().standing.replica_lag_ms is not None)
        assert follower.probe().standing.replica
        assert not leader.probe().standing.replica


@pytest.mark.parametrize(
    ("info", "lag_ms"),
    [
        ({"role": "slave", "master_last_io_seconds_ago": 4}, 4000),
        ({"role": "slave", "master_last_io_seconds_ago": -1, "master_link_down_since_seconds": 90}, 90_000),
        ({"slave0": {"lag": 1}, "slave1": {"lag": 7}}, 7000),
        ({"slave0": {"lag": -1}}, 0),
        ({}, None),
    ],
)
def test_how_far_replication_is_behind(info: dict[str, Any], lag_ms: int | None) -> None:
    assert standing(PRIMARY | info, sessions=0).replica_lag_ms == lag_ms


def test_the_databases_of_a_server_share_its_memory() -> None:
    held = PRIMARY | {"db0": {"keys": 12}, "db7": {"keys": 30}, "total_system_memory": 100}

    assert standing(held, sessions=10).other_records == 32
    assert standing(held, sessions=None).other_records is None
    assert standing(held, sessions=0).machine_free_bytes == 60
    assert standing(held | {"maxmemory": 50}, sessions=0).machine_free_bytes is None
