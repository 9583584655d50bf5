import pytest

from tests.configuration.rules.one_rule import applied, said, walked
from tests.configuration.sources import elixir, files

BASE = 'import Config\nconfig :snakepit, grpc_port: 5, grpc_host: "a"\nimport_config "#{config_env()}.exs"\n'
FULL = 'grpc_listener: %{mode: :external, host: "here", bind_host: "0.0.0.0", port: 50_051}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('grpc_port: 50_051,\ngrpc_host: "here"', FULL),
        ("grpc_port: 50_051", FULL.replace("here", "localhost")),
        (
            'grpc_host: System.get_env("H"),\ngrpc_port: port()',
            'grpc_listener: %{mode: :external, host: System.get_env("H"), bind_host: "0.0.0.0", port: port()}',
        ),
        ("grpc_port: 0,\npooling_enabled: true", "grpc_listener: %{mode: :internal},\npooling_enabled: true"),
        ("grpc_port: nil,\npooling_enabled: true", "pooling_enabled: true"),
        ('grpc_host: "here",\npooling_enabled: true', "pooling_enabled: true"),
        ("grpc_port: 5,\ngrpc_listener: [mode: :internal]", "grpc_listener: [mode: :internal]"),
    ],
)
def test_a_fixed_port_becomes_a_listener(before, after):
    assert applied("listener", before, origin="0.9.1") == after
    assert applied("listener", after, origin="0.9.1") == after


def test_hosts_that_differ_by_environment_are_left_to_a_person():
    texts = {
        "config.exs": BASE,
        "prod.exs": 'import Config\nconfig :snakepit, grpc_host: "b"\n',
        "dev.exs": "import Config\n",
        "test.exs": "import Config\n",
    }

    walk = walked("listener", files(texts), "0.9.1", "0.10.0")

    assert [(hunk.manner, hunk.file, hunk.span.line) for hunk in walk.hunks] == [("manual", "config.exs", 2)]
    assert walk.content["config.exs"] == texts["config.exs"].encode()


def test_a_port_in_one_environment_takes_the_host_of_there():
    texts = {
        "config.exs": BASE,
        "prod.exs": 'import Config\nconfig :snakepit, grpc_port: 6, grpc_host: "b"\n',
        "dev.exs": "import Config\n",
        "test.exs": "import Config\n",
    }

    content = walked("listener", files(texts), "0.9.1", "0.10.0").content

    assert b'host: "a"' in content["config.exs"]
    assert b'host: "b"' in content["prod.exs"]
    assert b"grpc_host" not in b"".join(content.values())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FULL, 'grpc_port: 50_051,\ngrpc_host: "here"'),
        ("grpc_listener: [mode: :internal],\npooling_enabled: true", "pooling_enabled: true"),
    ],
)
def test_the_way_back(before, after):
    assert applied("listener", before, origin="0.10.0", to="0.9.1") == after


@pytest.mark.parametrize(
    "beyond", ['grpc_listener: [mode: :external_pool, host: "a", base_port: 5]', "grpc_listener: made()"]
)
def test_there_is_no_way_back_from_a_range_of_ports(beyond):
    walk = walked("listener", elixir(beyond), "0.10.0", "0.9.1")

    assert [one.key for _, one in walk.blocked] == ["grpc_listener"]


def test_the_port_that_nobody_wrote_is_only_said():
    assert said("own-port", "pooling_enabled: true") == [("warn", "grpc_port", 3)]
    assert said("own-port", "pooling_enabled: false") == []
    assert said("own-port", "pooling_enabled: true,\ngrpc_port: 5") == []
