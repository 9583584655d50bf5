"""`manage.py analyze_adapter` as a process of its own: no database, no server, no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrations_app.handlers.adapter.generic.configuration import parse

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/handlers/adapter/fixtures"


def ran(*arguments: object, state: Path) -> "subprocess.CompletedProcess[str]":
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    surroundings |= {
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
    assert (said.returncode, document["format"]) == (0, 1)
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
