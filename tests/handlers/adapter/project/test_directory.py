import os

import pytest

from migrations_app.files.errors import FileUnusable
from migrations_app.handlers.adapter.project.directory import Limits, read_directory


def write(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")


def test_python_and_requirements_and_nothing_that_tools_made(tmp_path):
    write(tmp_path, "b.py", "a/c.py", "requirements-dev.txt", "pyproject.toml", "readme.md")
    write(tmp_path, ".venv/x.py", "a/__pycache__/y.py", "node_modules/z.py", "deps/w.py", "_build/v.py")

    found = read_directory(tmp_path)

    assert list(found.python) == ["a/c.py", "b.py"]
    assert list(found.requirements) == ["pyproject.toml", "requirements-dev.txt"]
    assert not found.findings


def test_links_that_leave_are_said_and_those_that_stay_are_not_read_twice(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path, "elsewhere/secret.py", "project/a.py")
    project = tmp_path / "project"
    (project / "out").symlink_to(tmp_path / "elsewhere")
    (project / "out.py").symlink_to(tmp_path / "elsewhere/secret.py")
    (project / "in.py").symlink_to(project / "a.py")
    (project / "circle").symlink_to(project)

    found = read_directory(project)

    assert list(found.python) == ["a.py"]
    assert {(one.lines.path, one.code) for one in found.findings} == {("out", "link_leaves"), ("out.py", "link_leaves")}


def test_depth_has_an_end(tmp_path):
    write(tmp_path, "a/b/c/d.py")

    found = read_directory(tmp_path, Limits(deep=2))

    assert not found.python
    assert [one.code for one in found.findings] == ["too_deep"]


def test_all_bytes_have_an_end(tmp_path):
    write(tmp_path, "a.py", "b.py", "c.py")

    found = read_directory(tmp_path, Limits(all_bytes=7))

    assert list(found.python) == ["a.py", "b.py"]
    assert [one.code for one in found.findings] == ["too_much"]


def test_a_name_that_is_no_text(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.py", "wb"):
        pass

    assert [one.code for one in read_directory(tmp_path).findings] == ["unread"]


def test_the_digest_is_of_names_contents_and_findings(tmp_path):
    write(tmp_path, "a.py")
    first = read_directory(tmp_path).digest
    assert read_directory(tmp_path).digest == first

    (tmp_path / "a.py").rename(tmp_path / "b.py")
    renamed = read_directory(tmp_path).digest
    (tmp_path / "out.py").symlink_to("/etc/hostname")

    assert len({first, renamed, read_directory(tmp_path).digest}) == 3


def test_what_is_no_directory(tmp_path):
    with pytest.raises(FileUnusable):
        read_directory(tmp_path / "a.py")
