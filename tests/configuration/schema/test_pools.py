import pytest

from migrations_app.configuration.schema.keys import living
from migrations_app.configuration.schema.pools import BATCHES, POOL, POOL_CONFIG
from migrations_app.snakepit.versions import Version


@pytest.mark.parametrize("name", ["adapter_env", "worker_profile", "heartbeat", "worker_ttl", "adapter_module"])
def test_what_a_pool_config_says_beyond_sizes_counts_from_0_12_on(name):
    assert living(POOL_CONFIG, name, Version("0.11.1")).idle
    assert not living(POOL_CONFIG, name, Version("0.12.0")).idle


@pytest.mark.parametrize(
    ("version", "size", "delay", "most"),
    [("0.5.1", "10", "500", "150"), ("0.12.0", "8", "750", "1000"), ("0.13.0", "10", "500", "150")],
)
def test_the_silent_sizes_of_each_release(version, size, delay, most):
    found = [
        living(BATCHES, name, Version(version)).default
        for name in ("startup_batch_size", "startup_batch_delay_ms", "max_workers")
    ]

    assert found == [size, delay, most]


def test_a_pool_needs_a_name_and_a_pool_config_does_not():
    assert [key.name for key in POOL if key.needed] == ["name"]
    assert [key.name for key in POOL_CONFIG if key.needed] == []
