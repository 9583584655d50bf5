from migrations_app.configuration.places import Places, concerns
from tests.configuration.sources import files

TEXTS = {
    "config.exs": """import Config
config :snakepit, python_packages: [timeout: 1, env_dir: "a"], grpc_port: 1
if System.get_env("X"), do: config(:snakepit, grpc_host: "x")
import_config "#{config_env()}.exs"
""",
    "prod.exs": 'import Config\nconfig :snakepit, python_packages: [timeout: 2], grpc_host: "a"\n',
    "dev.exs": "import Config\nconfig :snakepit, python_packages: %{timeout: 3}\n",
    "test.exs": "import Config\n",
}


def test_a_place_concerns_the_environments_of_its_branch():
    last = files(TEXTS).of("python_packages")[-1]

    assert {one for one in ("dev", "prod", "test") if concerns(last, one)} == {last.span.file.removesuffix(".exs")}


def test_keyword_lists_merge_and_a_map_replaces():
    places = Places(files(TEXTS))

    merged = {one: places.merged("python_packages", one) for one in ("dev", "prod", "test")}
    assert {one: {name: entry.value.value for name, entry in entries.items()} for one, entries in merged.items()} == {
        "prod": {"timeout": 2, "env_dir": "a"},
        "dev": {"timeout": 3},
        "test": {"timeout": 1, "env_dir": "a"},
    }


def test_what_a_condition_of_run_time_gives_may_hold():
    places = Places(files(TEXTS))

    assert [setting.span.line for setting in places.given("grpc_host", "dev")] == [3]
    assert places.standing("grpc_host", "prod").span.file == "prod.exs"
    assert [(one.key, other.span.file) for one, other in places.beside("grpc_port", "grpc_host")] == [
        ("grpc_port", "config.exs"),
        ("grpc_port", "prod.exs"),
    ]
