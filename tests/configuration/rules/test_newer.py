import pytest

from tests.configuration.rules.one_rule import walked
from tests.configuration.sources import elixir


@pytest.mark.parametrize(
    ("rule", "origin", "to", "given", "key"),
    [
        ("strict-affinity", "0.10.0", "0.9.1", "affinity: :strict_queue", "affinity"),
        ("strict-affinity", "0.10.0", "0.9.1", 'pool_config: %{affinity: "STRICT_FAIL_FAST"}', "pool_config"),
        ("strict-affinity", "0.10.0", "0.9.1", "pools: [%{name: :a, affinity: :strict_queue}]", "pools"),
        (
            "threads-of-the-pool",
            "0.12.0",
            "0.11.1",
            "pool_config: %{worker_profile: :thread}",
            "pool_config.worker_profile",
        ),
    ],
)
def test_what_older_releases_cannot_do(rule, origin, to, given, key):
    walk = walked(rule, elixir(given), origin, to)

    assert [(by.id, one.key, one.at.line) for by, one in walk.blocked] == [(rule, key, 3)]
    assert walked(rule, elixir(given), to, origin).blocked == []


def test_a_hint_goes_down_with_everything_else():
    assert walked("strict-affinity", elixir("affinity: :hint"), "0.10.0", "0.9.1").blocked == []
