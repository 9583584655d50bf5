"""What brings the class into a file, and where the file speaks of it."""

import pytest

from migrations_app.handlers.adapter.codemods.python.bindings import (
    bindings,
    captures,
    star_imports,
    unresolved_imports,
)
from migrations_app.handlers.adapter.codemods.python.meanings import meanings
from migrations_app.handlers.adapter.codemods.python.source import read
from tests.handlers.adapter.codemods.projects import project


def found(code: str) -> list[tuple[str, list[str], int]]:
    known = meanings(project(code), "pkg.adapter", "MyAdapter")
    source = read("use.py", code.encode())
    return sorted((one.local, [source.of(use) for use in one.uses], len(one.others)) for one in bindings(source, known))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from pkg.adapter import MyAdapter as A\nA\nA()\n", [("A", ["A", "A"], 0)]),
        (
            "import pkg.adapter\npkg.adapter.MyAdapter\npkg.adapter.tool\n",
            [("pkg.adapter", ["pkg.adapter.MyAdapter"], 1)],
        ),
        ("from pkg import adapter\nadapter.MyAdapter\nf(adapter)\n", [("adapter", ["adapter.MyAdapter"], 1)]),
        ("import pkg\npkg.adapter.MyAdapter\n", [("pkg", ["pkg.adapter.MyAdapter"], 0)]),
        ("import os\nfrom other import MyAdapter\nMyAdapter\n", []),
        (
            "def f():\n    from pkg.adapter import MyAdapter\n    MyAdapter\nMyAdapter\n",
            [("MyAdapter", ["MyAdapter"], 0)],
        ),
    ],
)
def test_each_import_has_its_uses(code: str, expected: list):
    assert found(code) == expected


def test_patterns_bind_names():
    code = b"match x:\n    case {'k': a, **b}: pass\n    case [c, *d]: pass\n    case C() as e: pass\n"

    assert captures(read("a.py", code)) == {"a", "b", "c", "d", "e"}


def test_a_star_counts_where_the_name_is_used():
    for code, count in (
        ("from pkg.adapter import *\nMyAdapter()\nx.MyAdapter\nf(MyAdapter=1)\n", 2),
        ("from pkg.adapter import *\n", 0),
    ):
        known = meanings(project(code), "pkg.adapter", "MyAdapter")
        assert len(list(star_imports(read("use.py", code.encode()), known))) == count


def test_an_import_of_what_is_not_there_is_found_by_its_words():
    source = read("a.py", b"from pkg.adapter import MyAdapter, tool\nimport pkg.adapter\nfrom pkg import adapter\n")

    assert len(list(unresolved_imports(source, "pkg.adapter", "MyAdapter"))) == 2
