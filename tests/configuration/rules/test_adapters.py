import pytest

from tests.configuration.rules.one_rule import applied, said

NEW = "adapter_module: Snakepit.Adapters.GRPCPython"


@pytest.mark.parametrize("old", ["GenericPython", "GenericPythonV2", "GenericPythonMsgpack"])
def test_python_adapters_of_before_0_4_0_have_one_successor(old):
    assert applied("adapter-module-0.4.0", f"adapter_module: Snakepit.Adapters.{old} # ours") == f"{NEW} # ours"


def test_the_bridge_goes_with_0_4_2():
    bridge = "adapter_module: Snakepit.Adapters.GRPCBridge"

    assert applied("adapter-module-0.4.2", bridge, origin="0.4.0", to="0.4.2") == NEW
    assert applied("adapter-module-0.4.0", bridge, origin="0.4.0", to="0.4.0") == bridge


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("adapter-without-successor-0.4.0", "adapter_module: Snakepit.Adapters.GenericJavaScript"),
        (
            "adapter-without-successor-0.4.2",
            'pool_config: %{adapter_args: ["--adapter", "snakepit_bridge.adapters.dspy_streaming.A"]}',
        ),
    ],
)
def test_what_has_no_successor_is_left_to_a_person(rule, given):
    assert applied(rule, given) == given
    assert [(manner, line) for manner, _, line in said(rule, given)] == [("manual", 3)]


def test_who_names_no_python_adapter_gets_another_one():
    silent = f"pooling_enabled: true,\n{NEW}"

    assert said("default-adapter", silent) == [("warn", "pool_config.adapter_args", 4)]
    assert said("default-adapter", f'{silent},\npool_config: %{{adapter_args: ["--adapter", "a.B"]}}') == []
    assert said("default-adapter", f"{silent.replace('true', 'false')}") == []


def test_arguments_at_the_top_never_worked():
    assert said("adapter-args-at-the-top", 'adapter_args: ["--adapter", "a.B"]') == [("warn", "adapter_args", 3)]


@pytest.mark.parametrize(("other", "lines"), [("[]", [4]), ('["--max-workers", "4"]', [])])
def test_a_threaded_server_beside_pools_that_are_not(other, lines):
    given = (
        f'pools: [\n  %{{name: :a, adapter_args: ["--max-workers", "2"]}},\n  %{{name: :b, adapter_args: {other}}}\n]'
    )

    assert [line for _, _, line in said("threaded-server-per-pool", given)] == lines
