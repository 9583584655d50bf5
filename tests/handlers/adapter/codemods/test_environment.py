"""The generic adapter's file in the environment of a pool."""

import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import NotEditable, apply
from migrations_app.configuration.reading import read
from migrations_app.configuration.values import Table
from migrations_app.handlers.adapter.codemods.environment import environment_edits

FILE = '"SNAKEPIT_GENERIC_ADAPTER", "/t.json"'
ELIXIR = {
    "nothing": ("name: :a", f"name: :a, adapter_env: [{{{FILE}}}]"),
    "an empty list": ("adapter_env: []", f"adapter_env: [{{{FILE}}}]"),
    "pairs": ('adapter_env: [{"A", "b"}]', f'adapter_env: [{{"A", "b"}}, {{{FILE}}}]'),
    "a map": ('adapter_env: %{"A" => "b"}', 'adapter_env: %{"A" => "b", "SNAKEPIT_GENERIC_ADAPTER" => "/t.json"}'),
    "an empty map": ("adapter_env: %{}", 'adapter_env: %{"SNAKEPIT_GENERIC_ADAPTER" => "/t.json"}'),
    "there already": (f"adapter_env: [{{{FILE}}}]", f"adapter_env: [{{{FILE}}}]"),
    "another file": ('adapter_env: [{"SNAKEPIT_GENERIC_ADAPTER", "x"}]', f"adapter_env: [{{{FILE}}}]"),
    "another file in a map": (
        'adapter_env: %{"SNAKEPIT_GENERIC_ADAPTER" => "x"}',
        'adapter_env: %{"SNAKEPIT_GENERIC_ADAPTER" => "/t.json"}',
    ),
    "values of run time": (
        'adapter_env: [{"A", env()}]',
        f'adapter_env: [{{"A", env()}}, {{{FILE}}}]',
    ),
    "on lines, with comments": (
        'adapter_env: [\n  {"A", "b"},\n  # last\n  {"C", "d"} # d\n]',
        f'adapter_env: [\n  {{"A", "b"}},\n  # last\n  {{"C", "d"}}, # d\n  {{{FILE}}}\n]',
    ),
}


def with_environment(path: str, content: str) -> str:
    configuration = read(path, content.encode())
    (setting,) = configuration.of("pool_config")
    assert isinstance(setting.value, Table)
    edits = environment_edits(configuration, path, editor_of(configuration, path), setting.value, "/t.json")
    return apply(configuration, edits)[path].decode()


@pytest.mark.parametrize(("before", "expected"), ELIXIR.values(), ids=list(ELIXIR))
def test_it_is_put_in_beside_what_is_there(before: str, expected: str):
    head = "config :snakepit,\n  pool_config: %{"

    assert with_environment("c.exs", f"{head}{before}}}\n") == f"{head}{expected}}}\n"


@pytest.mark.parametrize(
    "before",
    [
        "adapter_env: base",
        'adapter_env: [{"A", "b"} | base]',
        "adapter_env: [pair]",
        'adapter_env: %{"SNAKEPIT_GENERIC_ADAPTER" => file}',
        'adapter_env: [{"SNAKEPIT_GENERIC_ADAPTER", file}]',
    ],
)
def test_what_is_decided_at_run_time_is_not_changed(before: str):
    with pytest.raises(NotEditable):
        with_environment("c.exs", f"config :snakepit, pool_config: %{{{before}}}\n")


DOCUMENTS = {
    "json": (
        '{"pool_config": {"name": ":a"}}',
        '{"pool_config": {"name": ":a", "adapter_env": {"SNAKEPIT_GENERIC_ADAPTER": "/t.json"}}}',
    ),
    "json pairs": (
        '{"pool_config": {"adapter_env": [["A", "b"]]}}',
        '{"pool_config": {"adapter_env": [["A", "b"], ["SNAKEPIT_GENERIC_ADAPTER", "/t.json"]]}}',
    ),
    "yaml": (
        "pool_config:\n  adapter_env:\n    A: b\n",
        'pool_config:\n  adapter_env:\n    A: b\n    SNAKEPIT_GENERIC_ADAPTER: "/t.json"\n',
    ),
    "toml": (
        '[pool_config]\nname = ":a"\n',
        '[pool_config]\nname = ":a"\nadapter_env = { SNAKEPIT_GENERIC_ADAPTER = "/t.json" }\n',
    ),
}


@pytest.mark.parametrize(("name", "before", "expected"), [(name, *pair) for name, pair in DOCUMENTS.items()])
def test_documents_too(name: str, before: str, expected: str):
    assert with_environment(f"c.{name.partition(' ')[0]}", before) == expected


def test_a_list_of_pairs_in_yaml_is_left_to_a_person():
    with pytest.raises(NotEditable):
        with_environment("c.yaml", "pool_config:\n  adapter_env:\n    - [A, b]\n")
