"""Where the import of the generic adapter goes, and when that of the old class goes away."""

import pytest

from tests.handlers.adapter.codemods.projects import ADAPTER, project, rewritten

CALL = "MyAdapter().spread(1)\n"
NEW = "from generic import GenericAdapter"
MADE = 'GenericAdapter("/etc/tools.json").execute_tool("spread", {"low": 1})\n'
IMPORTS = {
    "alone": ("from pkg.adapter import MyAdapter\n", f"{NEW}\n"),
    "with a comment": ("from pkg.adapter import MyAdapter  # noqa: E402\n", f"{NEW}  # noqa: E402\n"),
    "first of several": ("from pkg.adapter import MyAdapter, tool\n", f"from pkg.adapter import tool\n{NEW}\n"),
    "last of several": ("from pkg.adapter import tool, MyAdapter\n", f"from pkg.adapter import tool\n{NEW}\n"),
    "on lines": (
        "from pkg.adapter import (\n    tool,  # kept\n    MyAdapter,\n)\n",
        f"from pkg.adapter import (\n    tool,  # kept\n)\n{NEW}\n",
    ),
    "beside another statement": ("import os; from pkg.adapter import MyAdapter\n", f"import os; {NEW}\n"),
    "there already": (f"{NEW}\nfrom pkg.adapter import MyAdapter\n", f"{NEW}\n"),
    "after the docstring": (
        '"""What."""\nfrom __future__ import annotations\n\nfrom pkg.adapter import MyAdapter\n',
        f'"""What."""\nfrom __future__ import annotations\n\n{NEW}\n',
    ),
}


@pytest.mark.parametrize(("before", "expected"), IMPORTS.values(), ids=list(IMPORTS))
def test_the_new_import_stands_where_the_old_one_stood(before: str, expected: str):
    files, found = rewritten(project(before + CALL))

    assert files["use.py"].decode() == expected + MADE
    assert not found.refused


OTHERS = {
    "another name": ("from pkg.adapter import MyAdapter as A\nA().spread(1)\n", f"{NEW}\n{MADE}"),
    "the module": ("import pkg.adapter\npkg.adapter.MyAdapter().spread(1)\n", f"{NEW}\n{MADE}"),
    "the module by a name": ("import pkg.adapter as m\nm.MyAdapter().spread(1)\n", f"{NEW}\n{MADE}"),
    "the module from its package": ("from pkg import adapter\nadapter.MyAdapter().spread(1)\n", f"{NEW}\n{MADE}"),
    "the module is needed": (
        "import pkg.adapter\npkg.adapter.MyAdapter().spread(1)\npkg.adapter.tool\n",
        f"import pkg.adapter\n{NEW}\n{MADE}pkg.adapter.tool\n",
    ),
    "the package is needed": (
        "import pkg.adapter\npkg.adapter.MyAdapter().spread(1)\npkg.other\n",
        f"import pkg.adapter\n{NEW}\n{MADE}pkg.other\n",
    ),
    "in a function": (
        "def f():\n    from pkg.adapter import MyAdapter\n    return MyAdapter().spread(1)\n",
        f"def f():\n    {NEW}\n    return {MADE}",
    ),
    "in a function, and there already": (
        f"{NEW}\ndef f():\n    from pkg.adapter import MyAdapter\n    return MyAdapter().spread(1)\n",
        f"{NEW}\ndef f():\n    return {MADE}",
    ),
    "in an indented line": (
        "if True:\n\tfrom pkg.adapter import tool, MyAdapter\n\tMyAdapter().spread(1)\n",
        f"if True:\n\tfrom pkg.adapter import tool\n\t{NEW}\n\t{MADE}",
    ),
}


@pytest.mark.parametrize(("before", "expected"), OTHERS.values(), ids=list(OTHERS))
def test_imports_of_every_form(before: str, expected: str):
    files, found = rewritten(project(before))

    assert files["use.py"].decode() == expected
    assert not found.refused


STYLES = {
    "carriage returns": (
        b"from pkg.adapter import MyAdapter, tool\r\nMyAdapter().spread(1)\r\n",
        b"tool\r\nfrom generic",
    ),
    "no last line end": (b"from pkg.adapter import MyAdapter\nMyAdapter().spread(1)", b'"low": 1})'),
    "a byte order mark": (
        b"\xef\xbb\xbffrom pkg.adapter import MyAdapter\nMyAdapter().spread(1)\n",
        b"\xef\xbb\xbffrom gen",
    ),
    "another encoding": (
        "# -*- coding: latin-1 -*-\nfrom pkg.adapter import MyAdapter\nMyAdapter().spread('é')\n".encode("latin-1"),
        b"\"low\": '\xe9'})",
    ),
}


@pytest.mark.parametrize(("before", "expected"), STYLES.values(), ids=list(STYLES))
def test_the_file_keeps_its_manner(before: bytes, expected: bytes):
    files, found = rewritten(project(before))

    assert expected in files["use.py"]
    assert before.endswith(b"\n") == files["use.py"].endswith(b"\n")
    assert (b"\r\n" in before) == (b"\r\n" in files["use.py"])
    assert files["use.py"].replace(b"\r\n", b"").count(b"\r") == 0
    assert not found.refused


def test_the_file_that_defines_the_class_imports_after_its_imports():
    adapter = f'{ADAPTER}\n\nif __name__ == "__main__":\n    print(MyAdapter().spread(1))\n'
    files, found = rewritten(project("", adapter=adapter))

    assert (
        files["pkg/adapter.py"]
        .decode()
        .startswith(f'"""The adapter."""\nfrom snakepit_bridge.base_adapter import BaseAdapter, tool\n{NEW}\n')
    )
    assert files["pkg/adapter.py"].decode().count(NEW) == 1
    assert not found.refused


KEPT = {
    "another file takes it from here": (
        f"from pkg.adapter import MyAdapter\n{CALL}",
        "use.py",
        "from use import MyAdapter\n",
    ),
    "it is listed": (f"from pkg.adapter import MyAdapter\n__all__ = ['MyAdapter']\n{CALL}", "use.py", ""),
    "it is a package": (f"from pkg.adapter import MyAdapter\n{CALL}", "mine/__init__.py", ""),
}


@pytest.mark.parametrize(("code", "path", "other"), KEPT.values(), ids=list(KEPT))
def test_an_import_that_others_may_need_stays(code: str, path: str, other: str):
    files, found = rewritten(project(code, path=path, other=other))

    assert f"from pkg.adapter import MyAdapter\n{NEW}\n" in files[path].decode()
    assert "exported" in {one.code for one in found.refused if one.lines.path == path}


def test_a_name_that_means_something_else_there_is_not_taken():
    code = f"from pkg.adapter import MyAdapter\nfrom others import GenericAdapter\n{CALL}"
    files, found = rewritten(project(code))

    assert files["use.py"].decode() == code
    assert {one.code for one in found.refused} == {"name_taken"}
