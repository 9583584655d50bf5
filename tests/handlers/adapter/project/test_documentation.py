import ast

import pytest

from migrations_app.handlers.adapter.project.documentation import documentation, examples, parameters


def test_examples_at_the_prompt():
    found = examples("Text.\n\n>>> f(1)\n2\n>>> f(\n...   2)\n3\n")

    assert [(one.call, one.expected) for one in found] == [("f(1)", "2"), ("f(\n  2)", "3")]
    assert examples(">>>f(1)") == ()
    assert examples("nothing") == ()


@pytest.mark.parametrize("bound", [True, False])
def test_parameters_as_they_are_written(bound):
    [node] = ast.parse("def f(self, a: int, /, b=[1], *c: str, d, e=None, **g): 'Text.'").body
    found = [(one.name, one.kind, one.annotation, one.default) for one in parameters(node, bound=bound)]

    assert found[-6:] == [
        ("a", "positional_only", "int", None),
        ("b", "plain", None, "[1]"),
        ("c", "more_positional", "str", None),
        ("d", "keyword_only", None, None),
        ("e", "keyword_only", None, "None"),
        ("g", "more_keywords", None, None),
    ]
    assert len(found) == 6 + (not bound)
    assert documentation(node) == "Text."
