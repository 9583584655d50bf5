import pytest

from migrations_app.configuration.schema import validate
from migrations_app.configuration.schema.judge import KEYS
from migrations_app.configuration.schema.keys import living
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir


@pytest.mark.parametrize(
    ("key", "version", "default"),
    [
        ("pool_queue_timeout", "0.8.7", "5000"),
        ("pool_queue_timeout", "0.8.8", "from timeout_profile"),
        ("cleanup_max_retries", "0.7.5", "10"),
        ("cleanup_max_retries", "0.7.6", "20"),
        ("session_default_ttl", "0.13.0", "3600"),
        ("lifecycle_check_max_concurrency", "0.13.0", "8"),
    ],
)
def test_the_default_of_a_release(key, version, default):
    assert living(KEYS, key, Version(version)).default == default


def test_a_timeout_of_the_profile_may_be_without_end_and_others_may_not():
    said = validate(elixir("pool_request_timeout: :infinity,\nretry_max_attempts: :infinity"), Version("0.8.8"))

    assert [one.key for one in said] == ["retry_max_attempts"]
