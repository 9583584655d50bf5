import pytest

from migrations_app.configuration.rules.ground import Ground
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir, files


def ground(configuration) -> Ground:
    return Ground(configuration, Version("0.8.0"), Version("0.13.0"))


@pytest.mark.parametrize(
    ("keys", "on"),
    [
        ("pooling_enabled: true", True),
        ("pooling_enabled: false", False),
        ("pooling_enabled: nil", False),
        ('pooling_enabled: System.get_env("P") == "1"', True),
        ("pool_size: 2", False),
    ],
)
def test_workers_start_only_where_pooling_is_turned_on(keys, on):
    assert bool(ground(elixir(keys)).pooling()) is on


def test_a_condition_of_run_time_may_turn_it_on_and_does_not_surely_turn_it_off():
    text = (
        "import Config\nconfig :snakepit, pooling_enabled: {}\n"
        'if System.get_env("X"), do: config(:snakepit, pooling_enabled: {})\n'
    )

    for before, under, on in ((False, True, True), (True, False, True), (False, False, False)):
        source = text.format(str(before).lower(), str(under).lower())
        assert bool(ground(files({"config.exs": source})).pooling()) is on


def test_a_place_that_two_environments_import_is_one_place():
    shared = files(
        {
            "config.exs": 'import Config\nimport_config "#{config_env()}.exs"\n',
            "dev.exs": 'import Config\nimport_config "shared.exs"\n',
            "test.exs": 'import Config\nimport_config "shared.exs"\n',
            "prod.exs": "import Config\n",
            "shared.exs": "import Config\nconfig :snakepit, grpc_port: 5\n",
        }
    )

    assert len(ground(shared).of("grpc_port")) == 1
    assert ground(shared).lacking("grpc_port", ("dev", "prod", "test")) == ("prod",)


def test_a_new_key_stands_beside_what_turns_pooling_on():
    given = files(
        {
            "config.exs": (
                "import Config\nconfig :snakepit, log_level: :info\n"
                "config :snakepit, pooling_enabled: true, data_dir: nil\n"
            )
        }
    )

    assert ground(given).anchor("pool_queue_timeout", ("prod",)).key == "data_dir"
    assert ground(given).anchor("log_level", ("prod",)).key == "log_level"
