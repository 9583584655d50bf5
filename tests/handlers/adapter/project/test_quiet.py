import ast

import pytest

from migrations_app.handlers.adapter.project.quiet import (
    is_generator,
    is_log,
    lifecycle,
    loud_at_import,
    loud_in_setup,
    own_nodes,
)


def lines(found) -> list[int]:
    return [one.lineno for one in found]


def test_what_only_defines_is_quiet():
    code = '''"""Text."""
import os
from typing import TypeVar
T = TypeVar("T")
logger = logging.getLogger(__name__)
TABLE: dict = {"a": [1, -2], **OTHER}
LOCK = threading.Lock()
class A:
    x = 1
    def f(self): print(1)
try:
    import numpy
except ImportError:
    numpy = None
    logger.warning("no %s", "numpy")
if TYPE_CHECKING:
    run()
if __name__ == "__main__":
    run()
'''
    assert lines(loud_at_import(ast.parse(code).body)) == []


@pytest.mark.parametrize(
    "code",
    [
        "run()",
        "X = run()",
        "import a\na.b = 1",
        "for x in y: pass",
        "while True: pass",
        "class A:\n    run()",
        "try:\n    run()\nexcept E: pass",
        "if run(): pass",
        "del x",
        "x = [run()]",
        "x = {**run()}",
        "assert run()",
        "x += 1",
    ],
)
def test_what_does_more_is_loud(code):
    assert lines(loud_at_import(ast.parse(code).body))


def test_set_up_may_store_and_call_its_base():
    quiet = "super().__init__()\nself.a = {}\nif x is None:\n    self.b = 1\nlogger.info('made')\n"
    quiet += "await super().initialize()"
    loud = "self.a = run()\nself.a.b = 1\nself.run()\nwith x: pass\nreturn 1"

    assert lines(loud_in_setup(ast.parse(quiet).body)) == []
    assert lines(loud_in_setup(ast.parse(loud).body)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("logger.info('a %s', b)", True),
        ("self.logger.debug(f'a {b}')", True),
        ("logger.info(f'a {b:>3}')", False),
        ("logger.info(run())", False),
        ("other.info('a')", False),
        ("logger.add('a')", False),
        ("print('a')", False),
    ],
)
def test_a_log_line_that_cannot_fail(code, said):
    assert is_log(ast.parse(code, mode="eval").body) is said


def test_generators_and_what_belongs_to_a_function():
    one, two = ast.parse("def f():\n    yield 1\ndef g():\n    def h():\n        yield 1\n").body

    assert is_generator(one)
    assert not is_generator(two)
    assert len(list(own_nodes(two))) == 1


def test_what_snakepit_calls_around_a_request():
    assert lifecycle("initialize")
    assert not lifecycle("execute_tool")
