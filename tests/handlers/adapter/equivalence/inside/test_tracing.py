import json
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[5]
PROGRAM = """
import importlib.util, json, sys
from migrations_app.handlers.adapter.equivalence.inside.tracing import Tracer
tracer = Tracer({root!r}, [("code.py", name) for name in {names!r}])
spec = importlib.util.spec_from_file_location("code_of_a_test", {root!r} + "/code.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for call in {calls!r}:
    tracer.begin()
    try:
        eval(call, vars(module))
    except Exception:
        pass
    finally:
        tracer.end()
print(json.dumps(tracer.found()))
"""


def traced(tmp_path, code, names, *calls):
    """In a process of its own, as tracing takes the place of who measures these tests."""
    (tmp_path / "code.py").write_text(textwrap.dedent(code).lstrip())
    program = PROGRAM.format(root=str(tmp_path), names=names, calls=calls)
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    lines = {line for _, line in found["lines"]}, {line for _, line in found["lines_reached"]}
    return (*lines, len(found["branches"]), len(found["branches_reached"]))


BRANCHES = """
def f(x):
    if x > 1:
        return "more"
    for one in range(x):
        print(end="")
    return [a for a in range(x) if a] or "none"
"""


def test_lines_and_branches_of_a_function(tmp_path):
    assert traced(tmp_path, BRANCHES, ["f"])[1:] == (set(), 10, 0)
    some = traced(tmp_path, BRANCHES, ["f"], "f(5)")
    assert (some[1], some[3]) == ({2, 3}, 1)
    everything = traced(tmp_path, BRANCHES, ["f"], "f(5)", "f(1)", "f(-1)")
    assert everything[0] == everything[1] == {2, 3, 4, 5, 6}
    assert everything[2:] == (10, 8), "`if a` is never true of 0, and the list never has anything in it"


def test_only_the_functions_that_are_asked_for_with_what_is_inside_of_them(tmp_path):
    code = """
    class A:
        def f(self, x):
            def inner():
                return 1 if x else 2
            return inner()
        def g(self):
            return self.f(1)
    """
    lines, reached, branches, taken = traced(tmp_path, code, ["A.f"], "A().g()")

    assert lines == reached == {3, 4, 5}
    assert (branches, taken) == (2, 1)


def test_a_condition_that_raises_takes_no_way(tmp_path):
    assert traced(tmp_path, "def f(x):\n    if x.y:\n        return 1\n    return 2\n", ["f"], "f(1)")[2:] == (2, 0)


def test_a_with_statement_has_no_branch_of_its_own_and_except_has_two(tmp_path):
    within = "import threading\ndef f(x):\n    with threading.Lock():\n        return x\n"
    assert traced(tmp_path, within, ["f"], "f(1)")[2:] == (0, 0)
    caught = "def f(x):\n    try:\n        return 1 / x\n    except ZeroDivisionError:\n        return 0\n"
    assert traced(tmp_path, caught, ["f"], "f(0)", "f(1)", "f('a')")[2:] == (2, 2)


def test_lambdas(tmp_path):
    code = "class A:\n    def __init__(self):\n        self.t = lambda x: 1 if x else 2\n"
    assert traced(tmp_path, code, ["A.lambda"], "A().t(1)")[2:] == (2, 1)


def test_a_file_that_cannot_be_read_has_nothing(tmp_path):
    (tmp_path / "other.py").write_text("")
    assert traced(tmp_path, "x = 1", ["f"]) == (set(), set(), 0, 0)
