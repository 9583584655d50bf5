from migrations_app.configuration.schema.adapters import classes, gone, modules, problems
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir

EVERYWHERE = elixir("""
    adapter_module: Snakepit.Adapters.GRPCBridge,
    pool_config: %{adapter_args: ["-v", "--adapter", "mine.Mine", "--max-workers", "4"]},
    pools: [
      %{name: :a, adapter_module: Mine, adapter_args: ["--adapter", "snakepit_bridge.adapters.enhanced.EnhancedBridge"]}
    ]
""")


def test_where_adapters_are_named():
    assert [(one.key, one.name) for one in modules(EVERYWHERE)] == [
        ("adapter_module", "Snakepit.Adapters.GRPCBridge"),
        ("pools.0.adapter_module", "Mine"),
    ]
    assert [(one.key, one.name) for one in classes(EVERYWHERE)] == [
        ("pool_config.adapter_args", "mine.Mine"),
        ("pools.0.adapter_args", "snakepit_bridge.adapters.enhanced.EnhancedBridge"),
    ]


def test_what_of_them_a_release_no_longer_has():
    assert list(gone(EVERYWHERE, Version("0.4.0"))) == []
    assert [named.key for named, _ in gone(EVERYWHERE, Version("0.4.2"))] == ["adapter_module", "pools.0.adapter_args"]


def test_the_problem_names_the_line_and_the_successor():
    first, second = problems(EVERYWHERE, Version("0.13.0"))

    assert (first.span.line, first.suggestion) == (3, "Take Snakepit.Adapters.GRPCPython.")
    assert (second.span.line, second.suggestion) == (6, "Write an adapter of your own and name it here.")
