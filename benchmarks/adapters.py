"""Analysis of a generated project of adapters: `make bench ARGS=adapters`. Goal: 100,000 lines in about 30 s."""

import resource
import tempfile
import time
from pathlib import Path

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.cache import DirectoryCache
from migrations_app.handlers.adapter.facts import Analysis, Verdict

GOAL_SECONDS = 30
TOOLS_A_FILE = 20

_HEAD = '''"""Adapter {number}."""

import json
import math
import os

from snakepit_bridge.base_adapter import BaseAdapter, tool

from .shared import prepare


class Adapter{number}(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)
'''
_DIRECT = '''
    @tool(description="A library call.")
    def direct_{index}(self, value: float, digits: int = {index}) -> float:
        """A root.

        >>> direct_{index}(4)
        2.0
        """
        root = math.sqrt(float(value))
        return {{"root": round(root, digits), "text": json.dumps({{"value": value}})}}
'''
_CUSTOM = """
    @tool(description="Logic of its own.")
    def custom_{index}(self, rows: list, path: str = "/tmp") -> dict:
        found = {{}}
        for row in prepare(rows):
            if row.get("kind") == "number" and row.get("value") is not None:
                found.setdefault(row["kind"], []).append(row["value"] * {index})
            elif row.get("kind") == "text":
                try:
                    found[row["key"]] = json.loads(row["value"])
                except ValueError as error:
                    found[row["key"]] = str(error)
            else:
                found["other"] = [one for one in row.values() if one]
        if os.path.exists(path):
            with open(path) as source:
                found["file"] = source.read()
        self.last = found
        return found
"""
_SHARED = "def prepare(rows):\n    return [row for row in rows if isinstance(row, dict)]\n"


def report(lines: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        project, cache = Path(name) / "project", DirectoryCache(Path(name) / "cache")
        written = write_project(project, lines)
        print(f"Analysis of a project of adapters, {written:,} lines")
        first, seconds = timed(project, cache)
        again, cached = timed(project, cache)
    assert first == again
    tools = [tool for adapter in first.adapters for tool in adapter.tools]
    taken = sum(tool.mapping.verdict is Verdict.AUTOMATIC for tool in tools)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {first.files:,} files, {len(first.adapters):,} adapters, {len(tools):,} tools, {taken:,} of them automatic"
    )
    print(f"  {seconds:.1f} s, {first.code_lines / seconds:,.0f} lines/s (goal: about {GOAL_SECONDS} s for 100,000)")
    print(f"  from the cache: {cached:.2f} s; most memory {peak:,.0f} MB\n")


def timed(project: Path, cache: DirectoryCache) -> tuple[Analysis, float]:
    started = time.perf_counter()
    return analyze(project, cache=cache), time.perf_counter() - started


def write_project(project: Path, lines: int) -> int:
    """Files of twenty tools each, half of them thin and half with logic of their own. Returns the lines written."""
    project.mkdir()
    (project / "__init__.py").touch()
    (project / "shared.py").write_text(_SHARED)
    written = 0
    for number in range(lines):
        if written >= lines:
            break
        body = (
            _DIRECT.format(index=index) if index % 2 else _CUSTOM.format(index=index) for index in range(TOOLS_A_FILE)
        )
        code = _HEAD.format(number=number) + "".join(body)
        (project / f"adapter_{number}.py").write_text(code)
        written += code.count("\n")
    return written
