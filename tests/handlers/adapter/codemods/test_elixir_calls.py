"""Calls of tools from Elixir, before and after a tool gets its new name."""

import shutil
import subprocess

import pytest

from tests.handlers.adapter.codemods.projects import RENAMING, SWITCH, rewritten

CALLS = {
    'Snakepit.execute("spread", %{low: 1})': 'Snakepit.execute("numbers.spread", %{low: 1})',
    'Snakepit.execute "spread", %{low: 1}': 'Snakepit.execute "numbers.spread", %{low: 1}',
    '{:ok, r} = Snakepit.execute("spread", x, a: 5)': '{:ok, r} = Snakepit.execute("numbers.spread", x, a: 5)',
    'Snakepit.execute("spread", %{}, [timeout: 5])': 'Snakepit.execute("numbers.spread", %{}, [timeout: 5])',
    'Snakepit.execute_in_session(id, "spread", %{})': 'Snakepit.execute_in_session(id, "numbers.spread", %{})',
    'id |> Snakepit.execute_in_session("spread", %{})': 'id |> Snakepit.execute_in_session("numbers.spread", %{})',
    '"spread" |> Snakepit.execute(%{})': '"numbers.spread" |> Snakepit.execute(%{})',
    'Snakepit.execute_stream("spread", x, callback)': 'Snakepit.execute_stream("numbers.spread", x, callback)',
    'Snakepit.execute_in_session_stream(id, "spread", %{}, &IO.inspect/1)': (
        'Snakepit.execute_in_session_stream(id, "numbers.spread", %{}, &IO.inspect/1)'
    ),
    'Snakepit.Pool.execute("spread", %{})': 'Snakepit.Pool.execute("numbers.spread", %{})',
    'P.execute("spread", %{})': 'P.execute("numbers.spread", %{})',
    'Task.async(fn -> Snakepit.execute("spread", %{t: "#{x} spread"}) end)': (
        'Task.async(fn -> Snakepit.execute("numbers.spread", %{t: "#{x} spread"}) end)'
    ),
    'case Snakepit.execute("spread", x) do x -> x end': 'case Snakepit.execute("numbers.spread", x) do x -> x end',
    'Snakepit.execute("other", %{})': 'Snakepit.execute("other", %{})',
}
FILE = """defmodule A do
  @moduledoc "Snakepit.execute(\\"spread\\")"
  alias Snakepit.Pool, as: P
  # "spread"
  def a(id, x), do: <>
end
"""


@pytest.mark.parametrize(("before", "expected"), CALLS.items(), ids=list(CALLS))
def test_a_literal_name_becomes_the_new_one(before: str, expected: str):
    files, found = rewritten({"lib/a.ex": FILE.replace("<>", before).encode()}, RENAMING)

    assert files["lib/a.ex"].decode() == FILE.replace("<>", expected)
    assert not found.refused


REFUSED = {
    "Snakepit.execute(x, %{})": "dynamic_name",
    "Snakepit.execute(@tool, %{})": "dynamic_name",
    'Snakepit.execute("#{x}", %{})': "dynamic_name",
    'Snakepit.execute("spr" <> "ead", %{})': "dynamic_name",
    "x |> Snakepit.execute(%{})": "dynamic_name",
    "Enum.map(x, &Snakepit.execute(&1, %{}))": "dynamic_name",
    "&Snakepit.execute/2": "dynamic_name",
    'apply(Snakepit, :execute, ["spread", %{}])': "dynamic_name",
    'Snakepit.execute("spread", %{}, pool_name: :b)': "pool_not_known",
    'Snakepit.execute("spread", %{}, [pool: x])': "pool_not_known",
    'Snakepit.execute("spread", %{}, x)': "pool_not_known",
    'Snakepit.execute_in_session(id, "spread", %{}, Keyword.put(x, :a, 1))': "pool_not_known",
    'for {t, _} <- [{"spread", 1}], do: Snakepit.get_stats(t)': "tool_named",
    'client().execute("spread", %{a: Snakepit})': "tool_named",
    "import Snakepit": "imported",
}


@pytest.mark.parametrize(("code", "why"), REFUSED.items(), ids=list(REFUSED))
def test_a_name_that_is_not_certain_is_refused(code: str, why: str):
    before = {"lib/a.ex": FILE.replace("<>", code).encode()}
    files, found = rewritten(before, RENAMING)

    assert files == before
    assert [(one.lines.first, one.code) for one in found.refused] == [(5, why)]
    assert "spread is now numbers.spread" in found.refused[0].advice


def test_without_new_names_no_call_is_touched_or_listed():
    _, found = rewritten({"lib/a.ex": FILE.replace("<>", "Snakepit.execute(x, %{})").encode()}, SWITCH)

    assert not found.refused


def test_code_that_has_nothing_to_do_with_snakepit_is_left_alone():
    _, found = rewritten({"lib/a.ex": b'# Snakepit\ndef a, do: "spread"\n'}, RENAMING)

    assert not found.refused


@pytest.mark.skipif(shutil.which("elixir") is None, reason="no Elixir on this machine")
def test_elixir_itself_reads_what_is_written():
    code = FILE.replace("<>", " && ".join(f"({call})" for call in CALLS))
    files, _ = rewritten({"lib/a.ex": code.encode()}, RENAMING)
    told = subprocess.run(
        ["elixir", "-e", "Code.string_to_quoted!(IO.read(:stdio, :all)) |> inspect(limit: :infinity) |> IO.puts()"],
        input=files["lib/a.ex"],
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert told.stdout.count(b'"numbers.spread"') == len(CALLS) - 1
