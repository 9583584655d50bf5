"""A project's Python files together."""

from tests.handlers.adapter.codemods.projects import ADAPTER, project, rewritten

OLD = "from pkg.adapter import MyAdapter\n"


def test_a_class_that_two_files_define_is_nobodys():
    files = {
        f"{place}/pkg/{name}": code
        for place in ("x", "y")
        for name, code in (("__init__.py", b""), ("adapter.py", ADAPTER.encode()))
    }
    files |= {"x/use.py": f"{OLD}MyAdapter().spread(1)\n".encode()}
    _, found = rewritten(files)

    assert [(one.lines.path, one.code) for one in found.refused] == [("x/use.py", "class_twice")]


def test_a_class_that_no_file_defines_is_not_guessed_at():
    _, found = rewritten(
        {"use.py": f"{OLD}MyAdapter().spread(1)\n".encode(), "b.py": b"import pkg.adapter\npkg.adapter.MyAdapter()\n"}
    )

    assert [(one.lines.path, one.code) for one in found.refused] == [("b.py", "no_class"), ("use.py", "no_class")]


def test_files_that_cannot_be_read_or_kept_are_refused():
    _, found = rewritten(project("from pkg.adapter import MyAdapter\n\x0cMyAdapter().spread(1)\n", bad=f"{OLD}x ==\n"))

    assert [(one.lines.path, one.code) for one in found.refused] == [("bad.py", "unread"), ("use.py", "unread")]


def test_what_comes_by_a_star_is_refused_where_it_is_used():
    _, found = rewritten(
        project("from pkg.adapter import *\n\nMyAdapter().spread(1)\n", quiet="from pkg.adapter import *\n")
    )

    assert [(one.lines.path, one.lines.first, one.code) for one in found.refused] == [
        ("use.py", 1, "star_import"),
        ("use.py", 3, "star_import"),
    ]


def test_comments_docstrings_and_other_words_are_no_places():
    code = '"""Made by pkg.adapter.MyAdapter."""\n# pkg.adapter.MyAdapter().spread(1)\nMyAdapterFactory().spread(1)\n'
    _, found = rewritten(project(code))

    assert not found.refused
    assert not found.changes
