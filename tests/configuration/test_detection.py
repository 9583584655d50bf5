import pytest

from migrations_app.configuration.detection import detect
from tests.configuration.sources import elixir


@pytest.mark.parametrize(
    ("keys", "oldest", "newest"),
    [
        ("pooling_enabled: true", "0.3.0", "0.13.0"),
        ("wire_protocol: :auto,\nadapter_module: Snakepit.Adapters.GenericPythonV2", "0.3.0", "0.3.1"),
        ("adapter_module: Snakepit.Adapters.GRPCBridge", "0.4.0", "0.4.0"),
        ("pools: [default: [size: 4]]", "0.3.0", "0.5.1"),
        ("pools: [%{name: :a, affinity: :hint}]", "0.10.0", "0.13.0"),
        ("heartbeat: %{dependent: true},\ngrpc_config: %{base_port: 1}", "0.6.3", "0.6.10"),
        ("python_packages: [installer: :uv]", "0.7.5", "0.8.8"),
        ("lifecycle_check_max_concurrency: 8", "0.13.0", "0.13.0"),
        ("pool_size: 4,\npool_config: %{max_workers: 9, adapter_env: []}", "0.3.0", "0.13.0"),
    ],
)
def test_the_releases_that_a_configuration_fits(keys, oldest, newest):
    found = detect(elixir(keys))

    assert (str(found.possible[0]), str(found.possible[-1])) == (oldest, newest)
    assert found.certain is (oldest == newest)


def test_a_forgotten_key_is_a_leftover_and_rules_nothing_out():
    found = detect(elixir("wire_protocol: :json,\nlog_categories: [:pool]"))

    assert str(found.possible[0]) == "0.8.1"
    assert [(one.key, one.leftover, one.span.line) for one in found.evidence] == [
        ("wire_protocol", True, 3),
        ("log_categories", False, 4),
    ]
    assert found.evidence[0].says == "`wire_protocol` is known from 0.3.0 to 0.3.1"


def test_ambiguity_is_said():
    assert "the newest is not taken for granted" in detect(elixir("log_level: :info")).summary
    assert (
        detect(elixir("adapter_module: Snakepit.Adapters.GRPCBridge")).summary == "It was written for Snakepit 0.4.0."
    )
