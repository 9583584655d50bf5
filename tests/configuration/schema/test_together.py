from migrations_app.configuration.problems import Severity
from migrations_app.configuration.schema import validate
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir, files

IMPORT = 'import_config "b.exs"\n'


def test_a_map_replaces_what_keyword_lists_would_merge():
    texts = {
        "config.exs": f"import Config\nconfig :snakepit, pool_config: %{{pool_size: 2, max_workers: 9}}\n{IMPORT}",
        "b.exs": "import Config\nconfig :snakepit, pool_config: %{pool_size: 3}\n",
    }

    said = {one.code: one for one in validate(files(texts), Version("0.13.0"))}

    assert "`max_workers` of there no longer counts" in said["replaces-whole"].message
    assert "config.exs line 2" in said["replaces-whole"].message


def test_pools_that_nothing_starts():
    [problem] = validate(elixir("pool_config: %{pool_size: 2}"), Version("0.13.0"))

    assert (problem.code, problem.severity) == ("pooling-off", Severity.NOTICE)


def test_companions_may_come_from_another_keyword_list():
    texts = {
        "config.exs": f"import Config\nconfig :snakepit, grpc_listener: [mode: :external, port: 5]\n{IMPORT}",
        "b.exs": 'import Config\nconfig :snakepit, grpc_listener: [host: "a"]\n',
    }

    assert validate(files(texts), Version("0.13.0")) == ()


def test_the_same_name_twice_is_an_error_of_the_second_pool():
    found = validate(elixir("pooling_enabled: true,\npools: [%{name: :a}, %{name: :b}, %{name: :b}]"), Version("0.6.0"))

    assert [(one.code, one.span.column) for one in found] == [("contradiction", 39)]
    assert "falls back to a default pool with a warning" in found[0].message


def test_a_host_without_a_port_is_ignored():
    [problem] = validate(elixir('grpc_host: "here"'), Version("0.10.0"))

    assert problem.message == "`grpc_host` stands alone; Snakepit 0.10.0 ignores it without a `grpc_port`."
    assert validate(elixir('grpc_host: "here"'), Version("0.9.1")) == ()
