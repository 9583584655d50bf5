"""Twelve shapes of adapters, read and never run."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest

from migrations_app.files.errors import FileUnusable
from migrations_app.handlers.adapter import analysis
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.cache import DirectoryCache
from migrations_app.handlers.adapter.document import to_document
from migrations_app.handlers.adapter.facts import EffectKind
from migrations_app.handlers.project.reading import Limits
from tests.handlers.adapter.reading import FIXTURES, analysis_of, by_entry, instance_of, outcome

# For each tool: the body as the generic adapter takes it over, or the codes of reasons that must be among those given.
EXPECTED = {
    "decorated": {
        "root": "library_call",
        "power": "library_call",
        "spread": "chain",
        "version": "expression",
        "area": "expression",
        "greet": "chain",
        "parse": "expression",
        "mean": "library_call",
        "when": "chain",
        "echo": "expression",
        "helped": "expression",
        "grade": {"branch"},
        "collect": {"default"},
        "total": {"loop"},
    },
    "if_chain": {
        "hypot": "library_call",
        "digest": "chain",
        "pid": {"never_served"},
        "process": {"never_served"},
        "run": {"never_served"},
    },
    "match_dispatch": {
        "wrap": "library_call",
        "encode": "expression",
        "encode64": "expression",
        "slow": "chain",
        "guarded": {"branch"},
    },
    "table_dispatch": {
        "find": "library_call",
        "count": "chain",
        "shout": "chain",
        "split": "chain",
        "capitals": "library_call",
    },
    "getattr_dispatch": {
        "leap": "library_call",
        "days": "library_call",
        "names": "expression",
        "ratio": "library_call",
    },
    "commands": {
        "add": "expression",
        "dump": "library_call",
        "ping": "expression",
        "compute": {"try"},
        "now": {"missing"},
    },
    "threaded": {"factorial": "library_call", "counted": {"with", "state"}, "dice": "library_call"},
    "handlers": {"upper": "chain", "reverse": "expression"},
    "streaming": {"count": {"streams"}, "later": {"streams"}, "pairs": {"streams"}, "listed": "expression"},
    "session": {
        "who": {"session"},
        "ask": {"session", "elixir"},
        "remember": {"state"},
        "home": {"expression"},
        "fetch": "library_call",
        "read": {"with"},
    },
    "hostile_import": {"innocent": {"import_time", "default"}},
    "hostile_tools": {
        "endless": {"loop"},
        "bomb": {"loop"},
        "flood": {"import_time"},
        "wipe": {"never_served"},
        "download": {"import_time"},
        "evaluate": {"never_served"},
        "walk": {"never_served"},
        "dunder": {"expression"},
        "smuggle": {"never_served"},
    },
    "wrapped": {"root": {"try"}},
}
# Arguments for tools of ours that do no harm; each is called both ways.
CALLS = {
    ("decorated", "Decorated"): [
        ("root", {"x": "2"}),
        ("root", {"x": -1}),
        ("root", {"x": 2, "digits": 1}),
        ("root", {}),
        ("power", {"exponent": 3}),
        ("power", {"base": 3, "exponent": 2, "other": 1}),
        ("version", {}),
        ("area", {"width": 2, "height": "ab"}),
        ("greet", {}),
        ("greet", {"name": 3}),
        ("parse", {"text": "[1]"}),
        ("parse", {"text": "["}),
        ("mean", {"numbers": ["1", 2]}),
        ("mean", {"numbers": []}),
        ("when", {"text": "2024-02-29T10:00:00"}),
        ("echo", {"a": [1], "b": None}),
        ("helped", {"a": 1, "b": 5}),
    ],
    ("if_chain", "IfChain"): [
        ("hypot", {"x": 3, "y": 4}),
        ("hypot", {"y": 4}),
        ("hypot", {"x": "a"}),
        ("digest", {"text": "é"}),
        ("digest", {"text": 3}),
    ],
    ("table_dispatch", "TableDispatch"): [
        ("find", {"pattern": "a.", "text": "abac"}),
        ("find", {"pattern": "(", "text": ""}),
        ("count", {"text": "aXbX", "part": "X"}),
        ("shout", {"text": "a"}),
        ("shout", {"word": "a"}),
        ("split", {"text": "a b"}),
        ("split", {"text": "a,b", "by": ","}),
        ("split", {"by": ","}),
        ("capitals", {"text": "the end"}),
    ],
    ("commands", "Commands"): [
        ("add", {"a": 1, "b": 2}),
        ("add", {"a": 1}),
        ("dump", {"value": {"b": 1, "a": 2}, "indent": 1}),
        ("ping", {"x": 1}),
    ],
    ("threaded", "Threaded"): [("factorial", {"n": 20}), ("factorial", {"n": -1})],
}


@pytest.fixture(autouse=True)
def nothing_is_executed() -> Iterator[None]:
    """The hostile adapters leave a marker as soon as any of their code runs."""
    yield
    assert not [str(path) for path in FIXTURES.rglob("executed*")]
    assert not list(FIXTURES.rglob("__pycache__"))


def test_every_shape_is_a_case():
    assert {path.name for path in FIXTURES.iterdir()} == set(EXPECTED)
    assert len(EXPECTED) >= 12


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_tool_has_its_verdict(name):
    found = {tool.name: tool for adapter in reversed(analyze(FIXTURES / name).adapters) for tool in adapter.tools}

    assert set(found) == set(EXPECTED[name])
    for tool, expected in EXPECTED[name].items():
        mapping = found[tool].mapping
        if isinstance(expected, str):
            assert (mapping.verdict, mapping.body) == ("automatic", expected), (tool, mapping.reasons)
            assert mapping.evidence
            assert mapping.confidence in ("high", "medium")
        else:
            assert mapping.verdict == "manual", (tool, mapping.entry)
            assert expected <= {reason.code for reason in mapping.reasons}, (tool, mapping.reasons)
            assert all(reason.guidance and reason.lines.first > 0 for reason in mapping.reasons)


@pytest.mark.parametrize(
    ("name", "adapter", "tool", "arguments"),
    [(name, adapter, tool, given) for (name, adapter), calls in CALLS.items() for tool, given in calls],
)
def test_an_entry_answers_as_its_tool_does(name, adapter, tool, arguments):
    code = (FIXTURES / name / "adapter.py").read_text().replace("import numpy as np\n", "")
    [found] = [one for one in analyze(FIXTURES / name).adapters[0].tools if one.name == tool]

    theirs = outcome(lambda: instance_of(code, adapter).execute_tool(tool, dict(arguments), None))

    assert by_entry(found.mapping, arguments) == theirs


def test_what_is_said_of_a_tool():
    tools = {tool.name: tool for tool in analyze(FIXTURES / "decorated").adapters[0].tools}

    root = tools["root"]
    assert (root.adapter, root.description, root.returns) == ("adapter.Decorated", "A square root, rounded.", "float")
    assert [(one.name, one.annotation, one.default) for one in root.parameters] == [
        ("x", "float", None),
        ("digits", "int", "3"),
    ]
    assert [(one.call, one.expected) for one in root.examples] == [("root(4)", "2.0")]
    assert root.lines.first < root.lines.last
    assert root.complexity == 1
    assert tools["grade"].complexity == 2
    assert tools["helped"].functions == ("adapter.py:Decorated._both", "adapter.py:Decorated.helped")


def test_effects_have_their_kind_and_place():
    tools = {tool.name: tool for tool in analyze(FIXTURES / "session").adapters[0].tools}
    kinds = {name: {effect.kind for effect in tool.effects} for name, tool in tools.items()}

    assert kinds["ask"] == {EffectKind.SESSION, EffectKind.ELIXIR}
    assert kinds["remember"] == {EffectKind.STATE}
    assert kinds["home"] == {EffectKind.ENVIRONMENT}
    assert kinds["fetch"] == {EffectKind.NETWORK}
    assert kinds["read"] == {EffectKind.FILES}
    hostile = {tool.name: tool for tool in analyze(FIXTURES / "hostile_tools").adapters[0].tools}
    assert {effect.kind for effect in hostile["bomb"].effects} == {EffectKind.SUBPROCESS}
    assert {effect.kind for effect in hostile["evaluate"].effects} == {EffectKind.CODE}
    assert {effect.kind for effect in analyze(FIXTURES / "threaded").adapters[0].tools[1].effects} == {
        EffectKind.RANDOMNESS
    }


def test_findings_of_adapters():
    said = {finding.code for finding in analyze(FIXTURES / "session").findings}
    hostile = analyze(FIXTURES / "hostile_import").findings

    assert said == {"no_execute_tool"}
    assert {finding.code for finding in hostile} == {"import_time"}
    assert [finding.lines.first for finding in hostile] == sorted(finding.lines.first for finding in hostile)


def test_twice_the_same_and_from_the_cache(tmp_path, monkeypatch):
    project = tmp_path / "project"
    shutil.copytree(FIXTURES / "decorated", project)
    cache = DirectoryCache(tmp_path / "cache")

    first = analyze(project, cache=cache)
    again = analyze(project)
    monkeypatch.setattr(analysis, "_analysis", None)  # nothing is read a second time
    kept = analyze(project, cache=cache)

    assert first == again == kept
    assert json.dumps(to_document(first)) == json.dumps(to_document(again))


def test_a_change_of_the_code_or_of_what_is_installed_is_another_analysis(tmp_path):
    first = analysis_of(tmp_path, "x = 1\n")
    assert analysis_of(tmp_path, "x = 2\n").digest != first.digest
    (tmp_path / "adapter.py").write_text("x = 1\n")
    assert analyze(tmp_path, installed={}).digest == first.digest
    assert analyze(tmp_path, installed={"numpy": ["numpy"]}).digest != first.digest


def test_a_broken_cache_is_made_anew(tmp_path):
    project = tmp_path / "project"
    shutil.copytree(FIXTURES / "threaded", project)
    cache = DirectoryCache(tmp_path / "cache")
    first = analyze(project, cache=cache)
    [kept] = (tmp_path / "cache").iterdir()
    kept.write_text(kept.read_text()[:-50])

    assert analyze(project, cache=cache) == first
    assert json.loads(kept.read_text())["digest"] == first.digest


def test_what_cannot_be_read_is_a_finding_and_the_rest_is_analysed(tmp_path):
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "deep.py").write_text("x = " + "-" * 100_000 + "1\n")
    (tmp_path / "binary.py").write_bytes(b"\x00\xff")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "outside.py").symlink_to("/etc/hostname")
    analysed = analysis_of(tmp_path, (FIXTURES / "threaded/adapter.py").read_text())

    assert {(finding.lines.path, finding.code) for finding in analysed.findings} == {
        ("broken.py", "unread"),
        ("deep.py", "too_deep"),
        ("binary.py", "unread"),
        ("pipe.py", "unread"),
        ("outside.py", "link_leaves"),
    }
    assert len(analysed.adapters[0].tools) == 3


def test_limits_are_said(tmp_path):
    for number in range(5):
        (tmp_path / f"m{number}.py").write_text("x = 1\n" * (number + 1))

    few = analyze(tmp_path, limits=Limits(files=3), installed={})
    small = analyze(tmp_path, limits=Limits(file_bytes=20), installed={})

    assert (few.files, [finding.code for finding in few.findings]) == (3, ["too_much"])
    assert (small.files, {finding.code for finding in small.findings}) == (3, {"too_large"})


def test_no_directory(tmp_path):
    with pytest.raises(FileUnusable, match="is no directory"):
        analyze(tmp_path / "missing")
