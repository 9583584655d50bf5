"""Which names mean the class, through the imports of a project."""

from migrations_app.handlers.adapter.codemods.python.meanings import meanings
from tests.handlers.adapter.codemods.projects import project


def found(**others: str) -> dict[str, frozenset[str]]:
    known = meanings(project("", **others), "pkg.adapter", "MyAdapter")
    return {path: names for path, names in known.names.items() if path != "pkg/adapter.py"}


def test_a_name_is_followed_from_file_to_file():
    names = found(
        a="from pkg.adapter import MyAdapter as First\n",
        b="from a import First as Second\n",
        c="from b import Second\n",
    )

    assert names == {"a.py": {"First"}, "b.py": {"Second"}, "c.py": {"Second"}}


def test_relative_imports_and_stars_are_followed():
    names = found(
        pkg__init="from .adapter import *\n",
        pkg__inner__init="",
        pkg__inner__b="from ..adapter import MyAdapter\n",
        d="from pkg import MyAdapter\n",
    )

    assert names == {"pkg/__init__.py": {"MyAdapter"}, "pkg/inner/b.py": {"MyAdapter"}, "d.py": {"MyAdapter"}}


def test_another_class_of_this_name_is_another_class():
    assert found(other="class MyAdapter: pass\n", e="from other import MyAdapter\n") == {}


def test_the_same_dotted_path_in_two_directories_is_said():
    files = {
        f"{place}/pkg/{name}": code
        for place in ("x", "y")
        for name, code in (("__init__.py", b""), ("adapter.py", b"class MyAdapter: pass\n"))
    }
    known = meanings(files, "pkg.adapter", "MyAdapter")

    assert sorted(home.module.path for home in known.homes) == ["x/pkg/adapter.py", "y/pkg/adapter.py"]


def test_a_file_that_is_no_python_is_said_where_it_has_the_name():
    known = meanings(
        project("", bad="from pkg.adapter import MyAdapter\nx ==\n", worse="x ==\n"), "pkg.adapter", "MyAdapter"
    )

    assert [one.lines.path for one in known.unread] == ["bad.py"]
