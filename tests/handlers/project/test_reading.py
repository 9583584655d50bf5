import os
from pathlib import Path

import pytest

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.files.errors import FileUnusable
from migrations_app.handlers.project import reading
from migrations_app.handlers.project.reading import Project, ProjectTooLarge, read_project


def project_at(path: Path, *roots: Path) -> Target:
    return Target(1, "shop", TargetKind.ADAPTER_PROJECT, "dev", {"path": str(path)}, roots=roots or (path.parent,))


def laid(directory: Path, *names: str) -> Path:
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    return directory


def is_python(path: str) -> bool:
    return path.endswith(".py")


def test_the_wanted_files_by_their_path_without_those_of_tools(tmp_path: Path) -> None:
    root = laid(
        tmp_path / "shop",
        "a.py",
        "lib/b.py",
        "lib/c.txt",
        ".git/d.py",
        "deps/e.py",
        "lib/__pycache__/f.py",
        "_build/g.py",
    )

    found = read_project(project_at(root), is_python)

    assert dict(found.files) == {"a.py": b"a.py", "lib/b.py": b"lib/b.py"}
    assert found.left_out == {}


def test_links_are_followed_within_the_project_and_never_out_of_it(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py", "lib/b.py")
    laid(tmp_path, "secret.py", "others/c.py")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    (root / "in.py").symlink_to(root / "a.py")
    (root / "others").symlink_to(tmp_path / "others")
    (root / "gone.py").symlink_to(root / "nowhere.py")

    found = read_project(project_at(root), is_python)

    assert set(found.files) == {"a.py", "in.py", "lib/b.py"}
    assert found.left_out["out.py"] == "it is a link that leads out of the project"
    assert set(found.left_out) == {"out.py", "gone.py"}


def test_what_is_no_regular_file_is_left_out_and_said(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py")
    os.mkfifo(root / "pipe.py")

    assert "is no regular file" in read_project(project_at(root), is_python).left_out["pipe.py"]


def test_a_name_that_is_no_text_is_left_out_and_said(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "é.py")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.py")).write_bytes(b"")

    found = read_project(project_at(root), is_python)

    assert (dict(found.files), len(found.digest)) == ({"é.py": "é.py".encode()}, 64)
    assert list(found.left_out.values()) == ["its name is no text"]


def test_a_directory_that_is_not_permitted_or_none_is_refused(tmp_path: Path) -> None:
    root = laid(tmp_path / "shop", "a.py")

    for target in (project_at(root, tmp_path / "elsewhere"), project_at(tmp_path / "nothing")):
        with pytest.raises(FileUnusable):
            read_project(target, is_python)
    with pytest.raises(MigrationError, match="is no directory"):
        read_project(project_at(root / "a.py"), is_python)


def test_a_directory_of_many_projects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = laid(tmp_path / "shop", "a.py", "b.py", "c.txt")
    monkeypatch.setattr(reading, "MOST_FILES", 2)
    assert len(read_project(project_at(root), is_python).files) == 2

    monkeypatch.setattr(reading, "MOST_FILES", 1)
    with pytest.raises(ProjectTooLarge, match="more than 1 source files"):
        read_project(project_at(root), is_python)
    monkeypatch.setattr(reading, "MOST_FILES", 9)
    monkeypatch.setattr(reading, "MOST_BYTES", 5)
    with pytest.raises(ProjectTooLarge, match="0 MB"):
        read_project(project_at(root), is_python)


def test_the_digest_is_of_paths_and_contents() -> None:
    one = Project({"a.py": b"1", "b.py": b"2"}, {})

    assert one.digest == Project({"b.py": b"2", "a.py": b"1"}, {}).digest
    assert len({one.digest, Project({"a.py": b"1"}, {}).digest, Project({"a.py": b"2", "b.py": b"1"}, {}).digest}) == 3
