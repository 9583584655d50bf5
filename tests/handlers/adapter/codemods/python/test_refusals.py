"""Refusals in words."""

import ast
from pathlib import Path

from migrations_app.handlers.adapter.codemods import python
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.facts import Lines

PLACE = Lines("a.py", 1, 1)


def test_every_code_that_is_given_without_a_message_has_one():
    codes = {
        node.args[1].value
        for path in Path(python.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("refusal", "self._declined")
        if len(node.args) == 2 and isinstance(node.args[1], ast.Constant)
    }

    assert "starred" in codes
    assert not [code for code in codes if not refusal(PLACE, code).message]


def test_own_words_come_before_the_usual_ones():
    assert refusal(PLACE, "shape", "So.", "Do.") == refusal(PLACE, "shape", "So.", "Do.")
    assert refusal(PLACE, "shape", "So.").message == "So."
    assert refusal(PLACE, "unheard_of", "So.").advice
