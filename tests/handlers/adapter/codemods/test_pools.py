"""Pools that name the adapter, in every format."""

import pytest

from tests.handlers.adapter.codemods.projects import rewritten

ENV = 'adapter_env: [{"SNAKEPIT_GENERIC_ADAPTER", "/etc/tools.json"}]'
ELIXIR = {
    "arguments": (
        'pool_config: %{adapter_args: ["--adapter", "OLD"]}',
        f'pool_config: %{{adapter_args: ["--adapter", "NEW"], {ENV}}}',
    ),
    "words": (
        "pool_config: %{adapter_args: ~w(--adapter OLD)}",
        f"pool_config: %{{adapter_args: ~w(--adapter NEW), {ENV}}}",
    ),
    "one word": (
        'pool_config: %{adapter_args: ["--adapter=OLD"]}',
        f'pool_config: %{{adapter_args: ["--adapter=NEW"], {ENV}}}',
    ),
    "other arguments": (
        'pool_config: %{adapter_args: ["--max-workers", "4", "--adapter", "OLD", x]}',
        f'pool_config: %{{adapter_args: ["--max-workers", "4", "--adapter", "NEW", x], {ENV}}}',
    ),
    "a thread profile": (
        'pools: [%{name: :a, adapter_spec: "OLD"}]',
        f'pools: [%{{name: :a, adapter_spec: "NEW", {ENV}}}]',
    ),
    "a keyword list": ('pools: [[name: :a, adapter_spec: "OLD"]]', f'pools: [[name: :a, adapter_spec: "NEW", {ENV}]]'),
    "a pool in a keyword list": (
        'pools: [a: [adapter_args: ["--adapter", "OLD"]]]',
        f'pools: [a: [adapter_args: ["--adapter", "NEW"], {ENV}]]',
    ),
}


def named(text: str) -> str:
    return text.replace("OLD", "pkg.adapter.MyAdapter").replace("NEW", "generic.GenericAdapter")


@pytest.mark.parametrize(("before", "expected"), ELIXIR.values(), ids=list(ELIXIR))
def test_a_pool_gets_the_generic_adapter_and_its_file(before: str, expected: str):
    files, found = rewritten({"config/config.exs": f"config :snakepit,\n  {named(before)} # mine\n".encode()})
    code = files["config/config.exs"].decode().replace(",\n    adapter_env", ", adapter_env")

    assert code == f"config :snakepit,\n  {named(expected)} # mine\n"
    assert not found.refused


PUT_ENV = """defmodule A do
  def start do
    Application.put_env(:snakepit, :pool_config, %{
      adapter_args: ["--adapter", "OLD"]
    })
  end
end
"""


def test_what_code_sets_is_changed_too():
    files, found = rewritten({"lib/a.ex": named(PUT_ENV).encode()})

    assert files["lib/a.ex"].decode() == named(PUT_ENV).replace(
        named('["--adapter", "OLD"]'), named(f'["--adapter", "NEW"],\n      {ENV}')
    ).replace("pkg.adapter.MyAdapter", "generic.GenericAdapter")
    assert not found.refused


REFUSED = {
    'pool_config: %{adapter_args: ["--adapter", "OLD"] ++ more}': ["decided_at_run_time"],
    'pool_config: %{adapter_args: ["--adapter=OLD" | more]}': ["decided_at_run_time"],
    'pool_config: %{adapter_spec: pick("OLD")}': ["decided_at_run_time"],
    'pool_config: %{adapter_args: ["--adapter", "OLD"], adapter_env: base}': ["environment"],
    'pool_config: base("OLD")': ["named"],
    'other: ["--adapter", "OLD"]': ["named"],
    'pool_config: %{adapter_args: ["OLD", "--adapter"]}': ["named"],
    "pool_config: %{adapter_args: ~w(--adapter OLD OLD)}": ["shape"],
}


@pytest.mark.parametrize(("code", "why"), REFUSED.items(), ids=list(REFUSED))
def test_a_pool_that_is_not_written_out_stays(code: str, why: list[str]):
    before = {"config/config.exs": f"config :snakepit,\n  {named(code)}\n".encode()}
    files, found = rewritten(before)

    assert files == before
    assert [one.code for one in found.refused] == why
    assert all(one.lines.first == 2 for one in found.refused)


def test_pools_without_arguments_take_the_environment_with_those_of_pool_config():
    files, found = rewritten(
        {
            "config/config.exs": named(
                'config :snakepit, pool_config: %{adapter_args: ["--adapter", "OLD"]}\n'
            ).encode(),
            "config/prod.exs": b"config :snakepit,\n  pools: [\n    %{name: :a},\n    %{adapter_args: [x]}]\n",
            "other/config.exs": b"config :snakepit, pools: [%{name: :a}]\n",
        }
    )

    assert f"%{{name: :a, {ENV}}}" in files["config/prod.exs"].decode()
    assert files["config/prod.exs"].count(b"SNAKEPIT_GENERIC_ADAPTER") == 1
    assert "other/config.exs" not in {change.path for change in found.changes}


DOCUMENTS = {
    "c.json": (
        '{"snakepit": {\n  "pools": [\n    {\n      "name": ":a",\n      "adapter_args": ["--adapter", "OLD"]\n'
        "    }\n  ]\n}}\n",
        '{"snakepit": {\n  "pools": [\n    {\n      "name": ":a",\n      "adapter_args": ["--adapter", "NEW"],\n'
        '      "adapter_env": {"SNAKEPIT_GENERIC_ADAPTER": "/etc/tools.json"}\n    }\n  ]\n}}\n',
    ),
    "c.yaml": (
        "snakepit:\n  pool_config:\n    # ours\n    adapter_args:\n      - --adapter\n      - OLD # this\n",
        "snakepit:\n  pool_config:\n    # ours\n    adapter_args:\n      - --adapter\n      - NEW # this\n"
        '    adapter_env:\n      SNAKEPIT_GENERIC_ADAPTER: "/etc/tools.json"\n',
    ),
    "c.toml": (
        '[[snakepit.pools]] # one\nname = ":a"\nadapter_spec = "OLD" # spec\n',
        '[[snakepit.pools]] # one\nname = ":a"\nadapter_spec = "NEW" # spec\n'
        'adapter_env = { SNAKEPIT_GENERIC_ADAPTER = "/etc/tools.json" }\n',
    ),
}


@pytest.mark.parametrize(("path", "before", "expected"), [(path, *pair) for path, pair in DOCUMENTS.items()])
def test_documents_are_changed_in_their_manner(path: str, before: str, expected: str):
    files, found = rewritten({path: named(before).encode()})

    assert files[path].decode() == named(expected)
    assert not found.refused


def test_a_document_that_configures_something_else_is_listed():
    compose = named("services:\n  py:\n    command: serve --adapter OLD\n")
    _, found = rewritten({"docker-compose.yml": compose.encode()})

    assert [(str(one.lines), one.code) for one in found.refused] == [("docker-compose.yml:3", "named")]
