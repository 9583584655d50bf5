"""Rewriting a project's call sites of an adapter: `make bench ARGS=call_sites`. All that names it is parsed."""

import resource
import time

from migrations_app.handlers.adapter.codemods.rewriting import rewrite
from migrations_app.handlers.adapter.codemods.switch import Rewrites, Switch

_ADAPTER = """from snakepit_bridge.base_adapter import BaseAdapter, tool


class MyAdapter(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)

    @tool(description="Numbers.")
    def spread(self, low, count=5):
        return [low] * count
"""
_PYTHON = '''

def work_{index}(rows, path="/tmp"):
    """Rows by their kind."""
    found = {{}}
    for row in rows:
        if row.get("kind") == "number" and row.get("value") is not None:
            found.setdefault(row["kind"], []).append(row["value"] * {index})
        else:
            found["other"] = [one for one in row.values() if one]
    adapter = MyAdapter()
    found["spread"] = adapter.spread(len(rows), count={index})  # by the adapter
    return found, adapter.execute_tool("spread", {{"low": {index}}}, None)
'''
_ELIXIR = """
  def work_{index}(rows) do
    found = Enum.group_by(rows, & &1.kind)

    case Snakepit.execute("spread", %{{low: length(rows), count: {index}}}) do
      {{:ok, numbers}} -> Map.put(found, :numbers, numbers)
      {{:error, reason}} -> {{:error, "not spread: #{{inspect(reason)}}"}}
    end
  end
"""
FUNCTIONS_A_FILE = 60


def report(lines: int) -> None:
    switch = Switch(
        old="pkg.adapter.MyAdapter",
        new="generic.GenericAdapter",
        configuration_path="/etc/tools.json",
        served=frozenset({"spread"}),
        parameters={"spread": ("low", "count")},
        renamed={"spread": "numbers.spread"},
    )
    for what, files in (("every file uses the adapter", project(lines, 1)), ("one of ten does", project(lines, 10))):
        written = sum(content.count(b"\n") for content in files.values())
        print(f"Call sites of an adapter, {written:,} lines, {what}")
        found, seconds = timed(files, switch)
        sites = sum(len(change.sites) for change in found.changes)
        assert not found.refused, found.refused[:3]
        print(f"  {len(found.changes):,} of {len(files):,} files, {sites:,} places, {seconds:.1f} s")
    print(f"  most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB\n")


def timed(files: dict[str, bytes], switch: Switch) -> tuple[Rewrites, float]:
    started = time.perf_counter()
    return rewrite(files, switch), time.perf_counter() - started


def project(lines: int, every: int) -> dict[str, bytes]:
    """Two files of Python, one of Elixir; all but one in `every` are without the adapter."""
    files = {"pkg/__init__.py": b"", "pkg/adapter.py": _ADAPTER.encode()}
    written = 0
    for number in range(lines):
        if written >= lines:
            break
        elixir = number % 3 == 2
        body = "".join((_ELIXIR if elixir else _PYTHON).format(index=index) for index in range(FUNCTIONS_A_FILE))
        head = f"defmodule Work{number} do" if elixir else "import os\n\nfrom pkg.adapter import MyAdapter\n"
        code = f"{head}{body}" + ("end\n" if elixir else "")
        if number % every:
            code = code.replace("MyAdapter", "Other").replace("pkg.adapter", "pkg.other").replace("Snakepit", "Others")
        files[f"lib/work_{number}.ex" if elixir else f"work_{number}.py"] = code.encode()
        written += code.count("\n")
    return files
