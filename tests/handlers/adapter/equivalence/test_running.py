"""Hostile code, really run. What it does is contained, named, and costs its own cases only."""

import json
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from migrations_app.handlers.adapter.equivalence.running import PROJECT, Grounds, Run, Side, generic_side
from tests.handlers.adapter.equivalence import hostile
from tests.handlers.adapter.equivalence.planting import needs_sandbox

pytestmark = needs_sandbox
CONFIGURATION = {
    "format": 1,
    "allow": {"functions": ["builtins.abs"]},
    "tools": [
        {
            "name": "t",
            "arguments": [{"name": "x"}],
            "steps": [{"as": "v", "call": "builtins.abs", "args": [{"argument": "x"}]}],
            "result": {"step": "v"},
        }
    ],
}
IMPATIENT = {"case_seconds": 0.5, "import_seconds": 5.0}  # where what is waited for never comes
CUSTOM = Side("custom", "adapter", "A", (str(PROJECT),))


@pytest.fixture
def grounds(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return Grounds(root, PROJECT, None, json.dumps(CONFIGURATION), (), 0, case_seconds=40.0, import_seconds=60.0)


@pytest.fixture(autouse=True)
def nothing_outside_is_changed(grounds):
    yield
    files = {path.name: path.read_text() for path in grounds.root.iterdir()}
    assert list(files) == ["adapter.py"]
    assert hostile.HEAD in files["adapter.py"]
    assert not Path(hostile.MARKER).exists()
    assert "adapter" not in sys.modules
    assert not [one for one in psutil.Process().children(recursive=True) if serves(one)]


def serves(process):
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return "inside.runner" in " ".join(process.cmdline())
    return False


def ran(grounds, code, cases=({"x": 1}, {"x": 2}, {"x": 3}), runs=None):
    (grounds.root / "adapter.py").write_text(code)
    return grounds.run(CUSTOM, "t", cases, runs or [Run("one", tuple(range(len(cases))))])


def test_both_sides_answer(grounds):
    ran(grounds, hostile.code("return abs(x)"))
    cases = [{"x": -2}, {"x": "a"}, {}]
    mine = ran(grounds, hostile.code("return abs(x)"), cases, [Run("one", (0, 1, 2)), Run("two", (2, 0), traced=True)])
    theirs = grounds.run(generic_side(()), "t", cases, [Run("one", (0, 1, 2))])

    assert {key: (one.kind, one.value, one.error) for key, one in mine.seen.items()} == {
        ("one", 0): ("answer", ["int", "2"], ""),
        ("one", 1): ("raised", None, "TypeError"),
        ("one", 2): ("answer", ["int", "1"], ""),
        ("two", 0): ("answer", ["int", "1"], ""),
        ("two", 1): ("answer", ["int", "2"], ""),
    }
    assert [theirs.seen["one", at].kind for at in range(3)] == ["answer", "raised", "raised"]
    assert theirs.seen["one", 2].own
    assert mine.python == ".".join(map(str, sys.version_info[:3]))
    assert not mine.stopped
    assert not theirs.fatal


@pytest.mark.parametrize("name", sorted(hostile.BODIES))
def test_a_hostile_case_is_contained_and_named_and_the_next_one_goes_on(grounds, name):
    body, said = hostile.BODIES[name]
    code = hostile.code("if x == 1:\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\nreturn x")

    found = ran(replace(grounds, **IMPATIENT) if "end in" in said else grounds, code)

    first = found.seen.get(("one", 0))
    if name in ("kills_all", "kills_parent"):
        assert first is None, "with the process that tells of it the rest is lost"
        assert said in found.stopped
        return
    assert first is not None, found
    if name in ("orphans", "doubled"):
        assert said in first.effects
    else:
        assert (first.kind, said in first.message) == ("ended", True), first
    assert not found.stopped
    assert [found.seen["one", at].value for at in (1, 2)] == [["int", "2"], ["int", "3"]]


@pytest.mark.parametrize("name", sorted(hostile.EFFECTS))
def test_what_answers_is_contained_as_well(grounds, name):
    body, said = hostile.EFFECTS[name]

    found = ran(grounds, hostile.code(body), [{}])

    seen = found.seen["one", 0]
    assert (seen.kind, seen.value) == ("answer", ["int", "1"]) if name != "exits" else seen.error == "SystemExit", seen
    assert any(said in one for one in seen.effects) or not said, seen.effects


@pytest.mark.parametrize("name", sorted(hostile.IMPORTS))
def test_a_hostile_import_is_the_end_of_it_and_named(grounds, name):
    before, said = hostile.IMPORTS[name]

    found = ran(replace(grounds, **IMPATIENT) if "end in" in said else grounds, hostile.code("return x", before))

    assert not found.seen
    assert said in (found.fatal or found.stopped), found


def test_it_is_given_up_when_nothing_comes_to_an_end(grounds):
    found = ran(
        replace(grounds, **IMPATIENT), hostile.code("while True:\n    pass"), [{"x": number} for number in range(100)]
    )

    assert len(found.seen) == 3
    assert "did not come to an end" in found.stopped


def test_what_has_ended_once_is_not_tried_again(grounds):
    code = hostile.code("if x == 1:\n    os._exit(1)\nreturn x")
    found = ran(grounds, code, [{"x": 1}, {"x": 2}], [Run(name, (0, 1)) for name in "abcdef"])

    assert not found.stopped
    assert [found.seen[name, 0].kind for name in "abcdef"] == ["ended"] * 6
    assert [found.seen[name, 1].kind for name in "abcdef"] == ["answer"] * 6


def test_what_is_said_by_those_whom_nobody_trusts_is_read_with_care(grounds):
    forged = """
for one in gc.get_objects():
    if isinstance(one, type(lambda: 0)) and one.__name__ == "emit":
        for frame in ({"kind": "answer", "value": 3, "effects": 5, "changed": []}, {"kind": "raised", "type": [1]}):
            one(frame)
return 1"""
    found = ran(grounds, hostile.code(forged.strip()), [{}, {}])

    assert [found.seen["one", at].kind for at in (0, 1)] == ["answer", "raised"]
    assert (found.seen["one", 0].effects, found.seen["one", 1].error) == ((), "[1]")
