import pytest

from migrations_app.configuration.schema.meaning import meaning
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir, files


@pytest.mark.parametrize(
    ("version", "one", "other"),
    [
        ("0.13.0", "log_level: :error", "pooling_enabled: false"),
        ("0.12.0", "pool_size: 9", "wire_protocol: :json"),
        ("0.12.0", "pool_config: %{max_workers: 1000, pool_size: 4}", "pool_config: %{pool_size: 4, strategy: :lifo}"),
        ("0.7.6", "pools: [%{name: :a, pool_size: 5}]", "pools: [%{name: :a}]"),
        ("0.13.0", "pool_request_timeout: 60_000", "pool_request_timeout: 60000"),
    ],
)
def test_what_no_release_would_tell_apart_means_the_same(version, one, other):
    assert meaning(elixir(one), Version(version)) == meaning(elixir(other), Version(version))


@pytest.mark.parametrize(
    ("version", "one", "other"),
    [
        ("0.13.0", "log_level: :info", "log_level: :debug"),
        ("0.13.0", "pool_size: 9", "pool_size: 8"),
        ("0.7.7", "pools: [%{name: :a, pool_size: 5}]", "pools: [%{name: :a}]"),
        ("0.13.0", "python: [managed: true]", "python: %{managed: true}"),
    ],
)
def test_and_what_one_does_is_told_apart(version, one, other):
    assert meaning(elixir(one), Version(version)) != meaning(elixir(other), Version(version))


def test_each_environment_means_something_of_its_own():
    texts = {
        "config.exs": 'import Config\nconfig :snakepit, pool_size: 2\nimport_config "#{config_env()}.exs"\n',
        "prod.exs": "import Config\nconfig :snakepit, pool_size: 20\n",
        "dev.exs": "import Config\n",
        "test.exs": "import Config\n",
    }

    found = meaning(files(texts), Version("0.13.0"))

    assert found["prod"] == {"pool_size": (((), 20),)}
    assert found["dev"] == found["test"] == {"pool_size": (((), 2),)}
