"""Whole adapters, each with the configuration that its analysis leads to."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.configuration import generic_configuration
from migrations_app.handlers.adapter.document import from_document, to_document
from migrations_app.handlers.adapter.equivalence.comparing import compare
from migrations_app.handlers.adapter.equivalence.report import EquivalenceReport, Outcome
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused
from tests.handlers.adapter.equivalence import pairs
from tests.handlers.adapter.equivalence.planting import needs_sandbox
from tests.handlers.adapter.reading import FIXTURES

ROOT = Path(__file__).resolve().parents[4]


def compared(name, **options):
    analysis = analyze(FIXTURES / name)
    adapter = analysis.adapters[0].name
    return compare(
        FIXTURES / name,
        analysis,
        options.pop("configuration", generic_configuration(analysis, adapter)),
        adapter=adapter,
        **options,
    )


@needs_sandbox
@pytest.mark.parametrize("name", ["commands", "getattr_dispatch", "match_dispatch", "table_dispatch"])
def test_what_is_automatic_is_equivalent(name):
    report = compared(name, cases=40)

    assert report.tools
    for tool in report.tools:
        assert tool.outcome is Outcome.EQUIVALENT, tool
        assert tool.cases == sum(tool.sources.values())


@needs_sandbox
@pytest.mark.parametrize("seed", [11, 12])
def test_equal_pairs_are_never_flagged_in_a_thousand_cases(tmp_path, seed):
    """510 cases a seed."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "adapter.py").write_text(pairs.CODE)
    analysis = analyze(root)
    configuration = generic_configuration(analysis)
    assert configuration["refused"] == {}

    report = compare(root, analysis, configuration, adapter="adapter.Pairs", seed=seed, cases=51)

    assert {one.tool: one.difference for one in report.tools if one.difference} == {}
    assert {one.outcome for one in report.tools} == {Outcome.EQUIVALENT}
    assert all(one.branches_reached == one.branches for one in report.tools)
    assert sum(one.cases for one in report.tools) >= 505


@needs_sandbox
@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("endless", "The custom side never came to an answer: It did not come to an end in 2 seconds."),
        ("flood", "The custom side never came to an answer: It asked for more memory than it may have."),
    ],
)
def test_a_tool_that_does_nothing_but_harm_is_not_compared_and_says_why(tool, said):
    configuration = {"format": 1, "allow": {}, "tools": [{"name": tool, "result": {"constant": 1}}]}

    [report] = compared("hostile_tools", configuration=configuration, cases=4).tools

    assert (report.outcome, report.reason) == (Outcome.NOT_COMPARED, said)
    assert not list(FIXTURES.rglob("executed*"))


@needs_sandbox
@pytest.mark.parametrize(
    ("tool", "arguments", "effect"),
    [
        ("wipe", {"path": "/project"}, "shutil.rmtree /"),
        ("download", {"url": "http://192.0.2.1/"}, "network: urllib.Request"),
        ("evaluate", {"code": "__import__('os').system('true') or 1"}, "program: os.system"),
        ("smuggle", {"name": "environ"}, ""),
        ("bomb", {}, "program: os.fork"),
    ],
)
def test_a_tool_that_does_harm_beside_its_answer_differs_and_changes_nothing_outside(tool, arguments, effect):
    before = {path: path.read_bytes() for path in (FIXTURES / "hostile_tools").rglob("*.py")}
    configuration = {"format": 1, "allow": {}, "tools": [{"name": tool, "mode": "mapping", "result": {"constant": 1}}]}

    [report] = compared("hostile_tools", configuration=configuration, cases=1, recorded={tool: [arguments]}).tools

    if report.difference:
        told = report.difference.custom
        assert any(effect in one for one in told.effects) or not effect or told.kind == "ended"
        assert report.difference.generic.effects == ()
    else:  # it takes the time of a case, or ends otherwise each time
        assert report.outcome is Outcome.NOT_COMPARED
        assert "did not" in report.reason
    assert {path: path.read_bytes() for path in (FIXTURES / "hostile_tools").rglob("*.py")} == before
    assert not list(FIXTURES.rglob("executed*"))


@needs_sandbox
def test_another_interpreter_runs_both_sides(tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    tmp_path.chmod(0o755)
    site = next(environment.glob("lib/python*/site-packages"))
    (site / "only_there.py").write_text("VALUE = 5\n")
    root = tmp_path / "project"
    root.mkdir()
    code = "import only_there\nclass A:\n    def execute_tool(self, tool_name, arguments, context):\n"
    (root / "adapter.py").write_text(f"{code}        if tool_name == 't':\n            return only_there.VALUE\n")
    analysis = analyze(root, installed={})
    configuration = {
        "format": 1,
        "allow": {"functions": ["only_there"]},
        "tools": [{"name": "t", "mode": "mapping", "result": {"library": "only_there.VALUE"}}],
    }

    theirs = compare(
        root, analysis, configuration, adapter="adapter.A", cases=3, python=environment / "bin/python"
    ).tools[0]
    ours = compare(root, analysis, configuration, adapter="adapter.A", cases=3).tools[0]

    assert theirs.outcome is Outcome.EQUIVALENT, theirs
    assert ours.outcome is Outcome.NOT_COMPARED
    assert "No module named 'only_there'. Name the interpreter" in ours.reason


@needs_sandbox
def test_the_same_digest_is_the_same_report_and_has_a_json_form():
    first, again, other = (compared("if_chain", cases=20, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first.digest == again.digest != other.digest
    assert from_document(EquivalenceReport, json.loads(json.dumps(to_document(first)))) == first


@needs_sandbox
def test_tools_that_are_not_served_are_not_compared_and_progress_is_told():
    told = []
    report = compared("if_chain", tools=["run", "hypot"], cases=5, progress=lambda *one: told.append(one))

    assert [(one.tool, one.outcome) for one in report.tools] == [("run", "not_compared"), ("hypot", "equivalent")]
    assert "It is not served: " in report.tools[0].reason
    assert told == [("run", 0, 2), ("hypot", 1, 2), ("", 2, 2)]


@needs_sandbox
def test_a_tool_by_another_name():
    configuration = generic_configuration(analyze(FIXTURES / "if_chain"))
    for entry in configuration["tools"]:
        entry["name"] = f"new_{entry['name']}"

    report = compared(
        "if_chain", configuration=configuration, renamed={"hypot": "new_hypot", "digest": "new_digest"}, cases=10
    )

    assert {one.tool: one.outcome for one in report.tools} == {"digest": "equivalent", "hypot": "equivalent"}


@needs_sandbox
def test_an_adapter_that_does_harm_when_it_is_imported_is_not_compared():
    configuration = {
        "format": 1,
        "allow": {},
        "tools": [{"name": "innocent", "mode": "mapping", "result": {"constant": 1}}],
    }

    [tool] = compared("hostile_import", configuration=configuration, cases=5).tools

    assert tool.outcome is Outcome.NOT_COMPARED
    assert "cannot be loaded in the sandbox: OSError" in tool.reason
    assert not list(FIXTURES.rglob("executed*"))


def test_what_is_not_there_is_an_error():
    with pytest.raises(LookupError, match="other"):
        compared("if_chain", tools=["other"])
    with pytest.raises(ConfigurationRefused):
        compared("if_chain", configuration={"format": 9})


PROGRAM = """
import sys
from pathlib import Path
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.configuration import generic_configuration
from migrations_app.handlers.adapter.equivalence.comparing import compare
from migrations_app.sandbox import SandboxMissing
root = Path(sys.argv[1])
analysis = analyze(root)
try:
    compare(root, analysis, generic_configuration(analysis), adapter=analysis.adapters[0].name)
except SandboxMissing as error:
    print(error)
"""


def test_without_a_sandbox_nothing_of_the_project_is_run(tmp_path):
    project = tmp_path / "project"
    shutil.copytree(FIXTURES / "if_chain", project)
    with (project / "adapter.py").open("a") as code:
        code.write(f"\nopen({str(tmp_path / 'ran')!r}, 'w').close()\n")

    variables = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(project)], env=variables, capture_output=True, text=True, check=True
    )

    assert "The command bwrap is not there." in done.stdout
    assert not (tmp_path / "ran").exists()
    assert os.listdir(tmp_path) == ["project"]
