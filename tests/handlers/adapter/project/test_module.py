import ast

import pytest

from migrations_app.handlers.adapter.facts import Finding
from migrations_app.handlers.adapter.project.module import Imported, Module, bound_by, dotted, parse


def module(code: str) -> Module:
    found = parse("a.py", code.encode())
    assert isinstance(found, Module)
    return found


def test_a_name_that_one_statement_binds():
    found = module("import numpy as np\nimport os.path\nimport os\nfrom a.b import c as d\nX = 1\ndef f(): ...\n")

    assert [(one.module, one.name) for one in (found.only("np"), found.only("d")) if isinstance(one, Imported)] == [
        ("numpy", ""),
        ("a.b", "c"),
    ]
    assert isinstance(found.only("f"), ast.FunctionDef)
    assert isinstance(found.only("X"), ast.Constant)
    assert isinstance(found.only("os"), Imported)


@pytest.mark.parametrize(
    "code",
    [
        "import x\nx = 1",
        "try:\n    import x\nexcept ImportError:\n    x = None",
        "if True:\n    import x",
        "import x\ndef f():\n    global x\n    x = 1",
        "import x\nfor x in []: pass",
        "import x\ntry: pass\nexcept E as x: pass",
        "import x\nwith y as x: pass",
        "import x\n(x, y) = 1, 2",
        "y = 1",
    ],
)
def test_a_name_that_may_be_something_else(code):
    with pytest.raises(LookupError):
        module(code).only("x")


def test_what_is_likely_meant_under_a_condition():
    found = module("try:\n    from a import f\nexcept ImportError:\n    f = None")

    assert isinstance(found.likely("f"), Imported)
    assert found.likely("g") is None


def test_what_replaces_attributes_and_modules():
    found = module(
        "import math\nfrom a import b\nclass C: ...\nmath.sqrt = 1\nb.x.y = 2\nsetattr(C, 'z', 3)\nother.w = 4\n"
    )

    assert found.patched == {"math.sqrt", "a.b.x.y", "C"}
    assert not found.star
    assert module("import sys\nsys.modules['x'] = 1").star
    assert module("from x import *").star


def test_a_table_that_is_only_looked_into():
    assert module("T = {}\ndef f(x):\n    return T[x], T.get(x), x in T, list(T.items())").only_looked_into("T")
    for change in ("T[x] = 1", "g(T)", "del T[x]", "T.update(x)", "return T"):
        assert not module(f"T = {{}}\ndef f(x):\n    {change}").only_looked_into("T"), change


@pytest.mark.parametrize(
    ("code", "kind"), [(b"def (", "unread"), (b"\0", "unread"), (b"x = " + b"-" * 5000 + b"1", "too_deep")]
)
def test_what_is_no_module(code, kind):
    found = parse("a.py", code)

    assert isinstance(found, Finding)
    assert found.code == kind


def test_names_and_what_an_import_binds():
    assert dotted(ast.parse("a.b.c", mode="eval").body) == "a.b.c"
    assert dotted(ast.parse("a().c", mode="eval").body) == ""
    [one] = module("import a.b").imports
    [renamed] = module("import a.b as c").imports
    assert (bound_by(one), bound_by(renamed)) == ({"a": "a"}, {"c": "a.b"})
