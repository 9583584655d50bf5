"""Differences that were planted, each found, named and made small; and pairs that are equal."""

import json

import pytest

from migrations_app.handlers.adapter.equivalence.report import Outcome, Tolerance
from tests.handlers.adapter.equivalence.planting import against, argument, calls, entry_of, needs_sandbox, project

pytestmark = needs_sandbox
HYPOT = calls("math.hypot", argument("x"), argument("y"))
UNGUESSED = "if x == 'a text that nobody would ' + 'guess':\n    return -1\nreturn len(x)"
XY = "self, x: float, y: float"


def found(report, what):
    """The arguments of the difference, which must begin so."""
    assert report.outcome is Outcome.DIFFERENT, report
    assert report.difference.what.startswith(what), report.difference
    return json.loads(report.difference.arguments)


def test_a_default_that_is_off_by_one(tmp_path):
    root = project(tmp_path, "return round(x, digits)", signature="self, x: float, digits: int = 2")
    entry = entry_of(["x", ("digits", 3)], **calls("builtins.round", argument("x"), argument("digits")))

    report = against(root, entry, ["builtins.round"])

    arguments = found(report, "answer: ")
    assert set(arguments) == {"x"}
    assert len(str(arguments["x"])) <= 5, "three digits behind the point are the least that shows it"


def test_arguments_that_are_swapped(tmp_path):
    root = project(tmp_path, "return x - y", signature=XY)
    entry = entry_of(["x", "y"], **calls("operator.sub", argument("y"), argument("x")))

    assert found(against(root, entry, ["operator.sub"]), "answer: ") in ({"x": 0, "y": 1}, {"x": 1, "y": 0})


def test_another_exception(tmp_path):
    root = project(tmp_path, "if x < 0:\n    raise ValueError('below zero')\nreturn x", signature="self, x: int")
    entry = entry_of(["x"], result={"argument": "x"})

    report = against(root, entry)

    assert found(report, "exception: ValueError is raised, -1 is answered") == {"x": -1}
    assert report.difference.custom.text == "ValueError: below zero"
    assert report.difference.generic.kind == "answer"


def test_words_that_the_author_chose_count_and_words_of_python_do_not(tmp_path):
    chosen = project(
        tmp_path,
        "import math\nif x < 0:\n    raise ValueError('mine')\nreturn math.sqrt(x)",
        signature="self, x: float",
    )
    entry = entry_of(["x"], **calls("math.sqrt", argument("x")))

    assert found(against(chosen, entry, ["math"]), "exception: ValueError with other words: 'mine'") == {"x": -1}

    pythons = project(tmp_path, "y = 'a'\ny += x\nreturn y")
    added = against(
        pythons, entry_of(["x"], **calls("operator.add", {"constant": "a"}, argument("x"))), ["operator.add"]
    )
    assert added.outcome is Outcome.EQUIVALENT


@pytest.mark.parametrize(
    ("factor", "outcome"), [("1.000001", Outcome.DIFFERENT), ("1.0000000000001", Outcome.EQUIVALENT)]
)
def test_floats_may_drift_within_the_tolerance_only(tmp_path, factor, outcome):
    root = project(tmp_path, f"import math\nreturn math.hypot(x, y) * {factor}", signature=XY)

    report = against(root, entry_of(["x", "y"], **HYPOT), ["math"])

    assert report.outcome is outcome, report
    assert report.difference is None or report.difference.what.startswith("answer: 1.0")


def test_the_tolerance_can_be_chosen(tmp_path):
    root = project(tmp_path, "import math\nreturn math.hypot(x, y) * 1.000001", signature=XY)
    entry = entry_of(["x", "y"], **HYPOT)

    assert against(root, entry, ["math"], tolerance=Tolerance(relative=1e-5)).outcome is Outcome.EQUIVALENT


def test_an_argument_that_is_changed(tmp_path):
    root = project(tmp_path, "x.sort()\nreturn list(x)", signature="self, x: list[int]")
    entry = entry_of(["x"], **calls("builtins.sorted", argument("x")))

    report = against(root, entry, ["builtins.sorted"])

    arguments = found(report, "arguments: only custom changes 'x'")
    assert arguments == {"x": sorted(arguments["x"], reverse=True)}
    assert len(arguments["x"]) == 2
    assert report.difference.custom.effects[0].startswith("changes its argument 'x' to ")


def test_hidden_state(tmp_path):
    body = "CALLS.append(x)\nreturn len(CALLS) if len(CALLS) > 3 else 0"
    root = project(tmp_path, body, signature="self, x: int", before="CALLS = []")

    report = against(root, entry_of(["x"], result={"constant": 0}))

    before = found(report, "state: after 3 earlier calls: answer: 4 and 0")
    assert len(before) == 4


def test_a_memory_that_answers_the_second_time_otherwise(tmp_path):
    body = "known = x in SEEN\nSEEN.append(x)\nreturn known"
    root = project(tmp_path, body, signature="self, x: str", before="SEEN = []")

    calls_ = found(
        against(root, entry_of(["x"], result={"constant": False})), "state: after 1 earlier calls: answer: True"
    )

    assert len(calls_) == 2
    assert calls_[0] == calls_[1]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("open('/tmp/note', 'w').write('x')", "creates /tmp/note: 1 bytes"),
        (
            "import socket\nif socket.socket().connect_ex(('192.0.2.1', 9)):\n    pass",
            "network: socket.connect",
        ),
        ("import subprocess\nsubprocess.run(['true'])", "program: subprocess.Popen"),
        ("import os\nos.environ['A'] = 'b'", "environment: os.putenv A"),
        ("import os\ntry:\n    os.remove(__file__)\nexcept OSError:\n    pass", "os.remove /project/adapter.py"),
    ],
)
def test_one_effect_more(tmp_path, body, said):
    root = project(tmp_path, f"{body}\nreturn abs(x)", signature="self, x: float")
    entry = entry_of(["x"], **calls("builtins.abs", argument("x")))

    report = against(root, entry, ["builtins.abs"], cases=20)

    assert said in found_effects(report)
    assert found(report, "effects: only custom ") == {"x": 0}


def found_effects(report):
    return " ".join(report.difference.custom.effects)


@pytest.mark.parametrize(
    ("custom", "generic", "what"),
    [
        ("return x > 0", {"constant": 1}, "answer: "),
        ("return (x, 1)", {"list": [argument("x"), {"constant": 1}]}, "answer: tuple and list"),
        ("return {'a': x, 'b': 1}", {"object": {"a": argument("x")}}, "answer: ['b']: only custom has it"),
        ("return {'a': [x]}", {"object": {"a": {"list": [argument("x", "float")]}}}, "answer: ['a'][0]: int and float"),
    ],
)
def test_another_type_or_key(tmp_path, custom, generic, what):
    root = project(tmp_path, custom, signature="self, x: int")

    assert found(against(root, entry_of(["x"], result=generic), cases=40), what) == {"x": 0}


def test_what_differs_by_chance_is_not_compared(tmp_path):
    root = project(tmp_path, "import time\nreturn time.time_ns()")

    report = against(root, entry_of(["x"], result={"constant": 1}), cases=20)

    assert report.outcome is Outcome.NOT_COMPARED
    assert "it did not do the same twice" in report.reason
    assert "Its code uses time.time_ns." in report.reason


def test_what_seeds_decide_is_compared(tmp_path):
    root = project(tmp_path, "import random\nreturn random.randint(1, 10**9)")
    entry = entry_of(["x"], **calls("random.randint", {"constant": 1}, {"constant": 10**9}))

    assert against(root, entry, ["random.randint"], cases=40).outcome is Outcome.EQUIVALENT


def test_what_changes_with_the_process_is_not_compared(tmp_path):
    root = project(tmp_path, "return hash(object.__repr__(len))")

    report = against(root, entry_of(["x"], result={"constant": 1}), cases=20)

    assert report.outcome is Outcome.NOT_COMPARED
    assert "did not do the same twice" in report.reason


def test_branches_that_no_case_reached_are_said(tmp_path):
    root = project(tmp_path, UNGUESSED, signature="self, x: str")

    report = against(root, entry_of(["x"], **calls("builtins.len", argument("x"))), ["builtins.len"])

    assert (report.outcome, report.branches_reached, report.branches) == (Outcome.EQUIVALENT, 1, 2)
    assert (report.lines_reached, report.lines) == (2, 3)
    assert [str(one) for one in report.missed] == ["adapter.py:12"]
    assert "1 of 2 branches were reached" in report.reason


def test_recorded_arguments_and_examples_come_first(tmp_path):
    root = project(
        tmp_path,
        "if x == 'a text that nobody would ' + 'guess':\n    return -1\nreturn len(x)",
        signature="self, x: str",
        doc=">>> t('ab')\n2",
    )
    entry = entry_of(["x"], **calls("builtins.len", argument("x")))

    report = against(root, entry, ["builtins.len"], recorded={"t": [{"x": "a text that nobody would guess"}]})

    assert found(report, "answer: -1 and 30") == {"x": "a text that nobody would guess"}
    assert (report.sources["recorded"], report.sources["examples"]) == (1, 1)


def test_no_case_that_leads_to_an_answer_shows_nothing(tmp_path):
    root = project(tmp_path, "raise KeyError(x)")

    report = against(
        root, entry_of(["x"], **calls("operator.getitem", {"object": {}}, argument("x"))), ["operator.getitem"]
    )

    assert report.outcome is Outcome.NOT_COMPARED
    assert "No case led to an answer" in report.reason


def test_slow_is_no_difference_and_without_an_end_is_one(tmp_path):
    slow = project(tmp_path, "import time\nif x == 3:\n    time.sleep(2.5)\nreturn abs(x)", signature="self, x: int")
    entry = entry_of(["x"], **calls("builtins.abs", argument("x")))
    given = {"t": [{"x": 3}, {"x": 4}]}

    assert against(slow, entry, ["builtins.abs"], recorded=given, cases=4).outcome is Outcome.EQUIVALENT

    endless = project(tmp_path, "while x == 3:\n    pass\nreturn abs(x)", signature="self, x: int")
    report = against(endless, entry, ["builtins.abs"], recorded=given, cases=4)
    assert found(report, "exception: It did not come to an end in 10 seconds., 3 is answered") == {"x": 3}
    assert report.difference.custom.kind == "ended"
