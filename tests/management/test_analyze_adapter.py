"""`manage.py analyze_adapter` as a process of its own: no database, no server, no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrations_app.handlers.adapter.analysis import FORMAT
from migrations_app.handlers.adapter.generic.configuration import parse
from tests.handlers.adapter.equivalence.planting import needs_sandbox

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/handlers/adapter/fixtures"


def ran(*arguments: object, state: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    surroundings |= variables | {
        "SNAKEWEB_STATE": str(state),
        "SNAKEWEB_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "COLUMNS": "120",
    }
    command = [sys.executable, "manage.py", "analyze_adapter", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120, check=False)


def test_a_table_that_says_why(tmp_path):
    said = ran(FIXTURES / "decorated", state=tmp_path)

    assert said.returncode == 0, said.stderr
    assert said.stderr == ""
    assert "adapter.Decorated" in said.stdout
    for expected in ("root", "library_call", "One call of a library", "has a loop", "14 tools, 11 automatic, 3 manual"):
        assert expected in said.stdout
    assert "numpy (numpy)" in said.stdout


def test_json_with_its_format_and_nothing_else_on_standard_output(tmp_path):
    said = ran(FIXTURES / "hostile_import", "--json", "--cache", tmp_path / "cache", state=tmp_path)

    document = json.loads(said.stdout)
    assert (said.returncode, document["format"]) == (0, FORMAT)
    assert [tool["name"] for adapter in document["adapters"] for tool in adapter["tools"]] == ["innocent"]
    assert "runs code when it is imported" in said.stderr
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert not list(FIXTURES.rglob("executed"))


def test_the_configuration_is_one_that_is_served(tmp_path):
    said = ran(FIXTURES / "commands", "--configuration", state=tmp_path)

    assert set(parse(json.loads(said.stdout)).tools) == {"add", "dump", "ping"}


@pytest.mark.parametrize(
    ("files", "status", "expected"),
    [
        (None, 2, "is no directory"),
        ({"a.py": "x = 1\n"}, 1, "There is no adapter in"),
        (
            {"a.py": "def (\n", "b.py": "class A:\n    def execute_tool(self): ...\n"},
            3,
            "a.py:1: It is not valid Python",
        ),
    ],
)
def test_each_problem_has_its_status_and_goes_to_standard_error(tmp_path, files, status, expected):
    project = tmp_path / "project"
    if files is not None:
        project.mkdir()
        for name, code in files.items():
            (project / name).write_text(code)

    said = ran(project, state=tmp_path)

    assert said.returncode == status
    assert expected in said.stderr
    assert expected not in said.stdout


@needs_sandbox
def test_a_comparison_as_a_table_and_as_json(tmp_path):
    shown = ran(FIXTURES / "if_chain", "--compare", "--cases", 10, "--tool", "hypot", state=tmp_path)
    document = ran(FIXTURES / "if_chain", "--compare", "--cases", 10, "--tool", "hypot", "--json", state=tmp_path)

    assert (shown.returncode, document.returncode) == (0, 0), shown.stderr
    assert "1 tools: 1 equivalent, 0 different, 0 not compared." in shown.stdout
    assert "1 of 1: hypot" in shown.stderr
    [tool] = json.loads(document.stdout)["tools"]
    assert (tool["tool"], tool["outcome"], tool["difference"]) == ("hypot", "equivalent", None)


@needs_sandbox
def test_what_could_not_be_compared_has_its_status(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "adapter.py").write_text(
        "import math\nimport time\nfrom snakepit_bridge.base_adapter import BaseAdapter, tool\n"
        "class A(BaseAdapter):\n"
        "    def execute_tool(self, tool_name, arguments, context):\n"
        "        return self.call_tool(tool_name, **arguments)\n"
        "    @tool()\n    def floor(self, x: float):\n        return math.floor(x)\n"
        "    @tool()\n    def now(self):\n        return time.time_ns()\n"
    )
    calls = tmp_path / "calls.jsonl"
    calls.write_text('{"tool": "floor", "arguments": {"x": 1.5}}\n')
    said = ran(project, "--compare", "--cases", 8, "--recorded", calls, state=tmp_path)

    assert said.returncode == 5, said.stdout + said.stderr
    assert "2 tools: 1 equivalent, 0 different, 1 not compared." in said.stdout
    assert "did not do the same" in said.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tool", "other"], "There is no adapter or tool other in"),
        (["--adapter", "other.Other"], "There is no adapter or tool other.Other in"),
        (["--recorded", "/no/such/file"], "/no/such/file"),
    ],
)
@needs_sandbox
def test_a_comparison_that_cannot_be_begun_says_why(tmp_path, options, said):
    done = ran(FIXTURES / "if_chain", "--compare", *options, state=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_without_a_sandbox_it_is_refused_with_its_status(tmp_path):
    done = ran(FIXTURES / "if_chain", "--compare", state=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 6
    assert "The command bwrap is not there. Install bubblewrap" in done.stderr
    assert done.stdout == ""
