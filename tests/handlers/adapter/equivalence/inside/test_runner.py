"""The process that starts those who serve, as a program of its own; here without walls, with code of ours only."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[5]
PROGRAM = "from migrations_app.handlers.adapter.equivalence.inside.runner import main; main()"
ADAPTER = """
import os, sys, time
LOADED = os.getpid()
class A:
    def execute_tool(self, tool_name, arguments, context):
        match arguments.get("do"):
            case "end":
                os._exit(4)
            case "sleep":
                time.sleep(60)
            case "pid":
                return [LOADED, os.getppid()]
            case "print":
                print("loud"); os.write(1, b"louder")
        return tool_name
"""


def frames(tmp_path: Path, cases: list[dict[str, Any]], code: str = ADAPTER, **job: Any) -> list[dict[str, Any]]:
    (tmp_path / "own_adapter.py").write_text(code)
    whole = {
        "module": "own_adapter",
        "class": "A",
        "own": "",
        "paths": [str(tmp_path)],
        "hidden": [],
        "last_paths": [],
        "preload": ["decimal", "no.such.module"],
        "tool": "t",
        "cases": cases,
        "runs": [{"name": "one", "cases": list(range(len(cases))), "trace": False}],
        "functions": [],
        "root": str(tmp_path),
        "scratch": str(tmp_path),
        "case_seconds": 1.0,
        "import_seconds": 10.0,
        "patience": 3,
        "seed": 0,
        **job,
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(whole),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_line_for_each_case_and_nothing_of_what_the_code_prints(tmp_path):
    ready, first, second, done = frames(tmp_path, [{"do": "print"}, {}])

    assert ready == {"run": "one", "ready": ".".join(map(str, sys.version_info[:3]))}
    assert first == {
        "run": "one",
        "at": 0,
        "seen": {"kind": "answer", "value": ["str", "t"], "effects": [], "changed": {}},
    }
    assert second["seen"] == first["seen"]
    assert done == {"done": True}


def test_each_run_has_a_process_of_its_own_that_loads_the_adapter_anew(tmp_path):
    runs = [{"name": name, "cases": [0, 0], "trace": False} for name in ("a", "b")]
    seen = [one["seen"]["value"][1] for one in frames(tmp_path, [{"do": "pid"}], runs=runs) if "seen" in one]

    loaded = [[int(item[1]) for item in one] for one in seen]
    assert loaded[0] == loaded[1] != loaded[2] == loaded[3]
    assert len({parent for _, parent in loaded}) == 1


def test_who_ends_costs_one_case(tmp_path):
    told = frames(tmp_path, [{}, {"do": "end"}, {}, {"do": "sleep"}, {}])
    seen = [(one["at"], one["seen"].get("text", one["seen"].get("value"))) for one in told if "seen" in one]

    assert seen == [
        (0, ["str", "t"]),
        (1, "It ended its process, with the status 4."),
        (2, ["str", "t"]),
        (3, "It did not come to an end in 1 seconds."),
        (4, ["str", "t"]),
    ]


def test_after_some_it_is_given_up(tmp_path):
    told = frames(tmp_path, [{"do": "end", "n": number} for number in range(9)], patience=2)
    assert [list(one) for one in told[-2:]] == [["run", "at", "seen"], ["given_up"]]
    assert sum("seen" in one for one in told) == 2


def test_the_traced_run_says_what_was_reached(tmp_path):
    runs = [{"name": "one", "cases": [0], "trace": True}]
    told = frames(tmp_path, [{}], runs=runs, functions=[["own_adapter.py", "A.execute_tool"]])
    [reached] = [one["reached"] for one in told if "reached" in one]

    assert 0 < len(reached["lines_reached"]) < len(reached["lines"])
    assert 0 < len(reached["branches_reached"]) < len(reached["branches"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such", "ModuleNotFoundError: No module named 'no_such'"),
        ("x = 1", "AttributeError"),
        ("while True: pass", "come to an end in 0.5"),
    ],
)
def test_what_cannot_be_loaded_is_the_end(tmp_path, code, said):
    told = frames(tmp_path, [{}], code, import_seconds=0.5)
    assert [list(one) for one in told] == [["fatal"]]
    assert said in told[0]["fatal"]
