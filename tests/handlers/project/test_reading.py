import os
from pathlib import Path

import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.files.errors import FileUnusable
from migrations_app.handlers.project import reading
from migrations_app.handlers.project.reading import (
    LeftOut,
    Limits,
    ProjectFiles,
    ProjectTooLarge,
    project_root,
    read_directory,
    read_project,
)


def project_at(path: Path, *roots: Path) -> Target:
    return Target(1, "shop", TargetKind.ADAPTER_PROJECT, "dev", {"path": str(path)}, roots=roots or (path.parent,))


def laid(directory: Path, *names: str) -> Path:
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    return directory


def is_python(path: str) -> bool:
    return path.endswith(".py")


def codes(found: ProjectFiles) -> dict[str, str]:
    return {one.path: one.code for one in found.left_out}


def test_the_wanted_files_by_their_path_without_those_of_tools(tmp_path: Path) -> None:
    others = [f"{name}/x.py" for name in (".git", ".venv", "lib/__pycache__", *sorted(reading.PASSED_OVER))]
    root = laid(tmp_path / "shop", "lib/b.py", "a.py", "lib/c.txt", *others)

    found = read_project(project_at(root), is_python)

    assert list(found.files.items()) == [("a.py", b"a.py"), ("lib/b.py", b"lib/b.py")]
    assert found.left_out == ()


def test_links_that_leave_are_said_and_those_that_stay_are_not_read_twice(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py", "lib/b.py")
    laid(tmp_path, "secret.py", "others/c.py", "secret.txt")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    (root / "out").symlink_to(tmp_path / "others")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")  # nobody wants it
    (root / "in.py").symlink_to(root / "a.py")
    (root / "circle").symlink_to(root)
    (root / "self.py").symlink_to(root / "self.py")
    (root / "gone.py").symlink_to(root / "nowhere.py")

    found = read_project(project_at(root), is_python)

    assert set(found.files) == {"a.py", "lib/b.py"}
    assert codes(found) == {"out": "link_leaves", "out.py": "link_leaves"}


def test_what_is_no_regular_file_is_left_out_and_said(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py")
    os.mkfifo(root / "pipe.py")

    [left_out] = read_project(project_at(root), is_python).left_out

    assert (left_out.path, left_out.code) == ("pipe.py", "unread")
    assert "is no regular file" in left_out.why


def test_a_name_that_is_no_text_is_left_out_and_said(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "é.py")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.py")).write_bytes(b"")
    Path(os.fsdecode(os.fsencode(root) + b"/\xfe.py")).symlink_to("/etc/hostname")

    found = read_project(project_at(root), is_python)

    assert (dict(found.files), len(found.digest)) == ({"é.py": "é.py".encode()}, 64)
    assert {(one.path, one.code) for one in found.left_out} == {
        ("'\\udcff.py'", "unread"),
        ("'\\udcfe.py'", "link_leaves"),
    }


def test_a_directory_that_is_not_permitted_or_none_is_refused(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py")

    for target in (project_at(root, tmp_path / "elsewhere"), project_at(tmp_path / "nothing")):
        with pytest.raises(FileUnusable):
            read_project(target, is_python)
    for none in (root / "a.py", tmp_path / "missing"):
        with pytest.raises(FileUnusable, match="is no directory"):
            read_directory(none, is_python)


def test_the_root_of_a_target_is_the_directory_itself(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py")
    (tmp_path / "link").symlink_to(root)

    assert project_root(project_at(tmp_path / "link")) == root


@pytest.mark.parametrize(
    ("limits", "files", "left_out"),
    [
        (Limits(), ["a.py", "b.py", "deep/er/c.py"], {}),
        (Limits(files=1), ["a.py"], {"b.py": "too_much"}),
        (Limits(all_bytes=7), ["a.py", "b.py"], {"deep/er/c.py": "too_much"}),
        (Limits(file_bytes=4), ["a.py", "b.py"], {"deep/er/c.py": "too_large"}),
        (Limits(deep=1), ["a.py", "b.py"], {"deep/er": "too_deep"}),
    ],
)
def test_limits_are_said(tmp_path: Path, limits: Limits, files: list[str], left_out: dict[str, str]) -> None:
    found = read_directory(laid(tmp_path / "shop", "a.py", "b.py", "deep/er/c.py"), is_python, limits)

    assert (list(found.files), codes(found)) == (files, left_out)


def test_a_target_of_many_projects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = laid(tmp_path / "shop", "a.py", "b.py", "c.txt")
    assert len(read_project(project_at(root), is_python).files) == 2

    monkeypatch.setattr(read_directory, "__defaults__", (Limits(files=1),))
    with pytest.raises(ProjectTooLarge, match="more than 1 files"):
        read_project(project_at(root), is_python)


def test_the_digest_is_of_paths_contents_and_what_was_left_out() -> None:
    one = ProjectFiles({"a.py": b"1", "b.py": b"2"})
    others = [
        ProjectFiles({"a.py": b"1"}),
        ProjectFiles({"a.py": b"2", "b.py": b"1"}),
        ProjectFiles({"a.py": b"1", "b.py": b"2"}, (LeftOut("c.py", "unread", "It is a pipe."),)),
    ]

    assert one.digest == ProjectFiles({"b.py": b"2", "a.py": b"1"}).digest
    assert len({one.digest, *(other.digest for other in others)}) == 4
    assert one.fingerprint == {"files": 2, "sha256": one.digest}
