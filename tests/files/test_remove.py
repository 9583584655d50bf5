from pathlib import Path

import pytest

from migrations_app.files.errors import FileBusy, FileChanged, FileUnusable
from migrations_app.files.reading import sha256_of
from migrations_app.files.remove import Removed

OLD = sha256_of(b"old")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "adapter.py"
    made.write_bytes(b"old")
    made.chmod(0o640)
    return made


def test_it_is_gone_and_what_brings_it_back_is_known(path: Path) -> None:
    removed = Removed(path, expected_sha256=OLD)
    assert path.exists()

    removed.commit()

    assert list(path.parent.iterdir()) == []
    assert (removed.original, removed.standing.mode) == (b"old", 0o640)


@pytest.mark.parametrize("early", [True, False])
def test_an_edited_file_stays(path: Path, early: bool) -> None:
    removed = None if early else Removed(path, expected_sha256=OLD)
    path.write_bytes(b"an edit")

    with pytest.raises(FileChanged):
        removed.commit() if removed else Removed(path, expected_sha256=OLD)
    if removed:
        removed.discard()

    assert path.read_bytes() == b"an edit"
    assert list(path.parent.iterdir()) == [path]


def test_nobody_else_changes_it_meanwhile(path: Path) -> None:
    removed = Removed(path, expected_sha256=OLD)
    with pytest.raises(FileBusy):
        Removed(path, expected_sha256=OLD)
    removed.discard()

    assert list(path.parent.iterdir()) == [path]


def test_links_and_second_names_are_said_and_stay(path: Path) -> None:
    (path.parent / "link.py").symlink_to(path)
    with pytest.raises(FileUnusable, match="is a link"):
        Removed(path.parent / "link.py", expected_sha256=OLD)
    (path.parent / "also.py").hardlink_to(path)
    with pytest.raises(FileUnusable, match="2 names"):
        Removed(path, expected_sha256=OLD)

    assert path.read_bytes() == b"old"
