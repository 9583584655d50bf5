import os
import stat
from pathlib import Path

import pytest

from migrations_app.files.create import Created, make_directories, remove_directories
from migrations_app.files.errors import FileChanged, FileUnusable
from migrations_app.files.reading import MOST_BYTES
from migrations_app.files.standing import Standing


def test_it_is_there_whole_and_nothing_lies_beside(tmp_path: Path) -> None:
    created = Created(tmp_path / "tools.json", b"{}", standing=Standing(0o600))
    assert not (tmp_path / "tools.json").exists()

    created.commit()

    assert (tmp_path / "tools.json").read_bytes() == b"{}"
    assert stat.S_IMODE((tmp_path / "tools.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["tools.json"]


@pytest.mark.parametrize("early", [True, False])
def test_a_file_that_somebody_made_is_never_written_over(tmp_path: Path, early: bool) -> None:
    path = tmp_path / "tools.json"
    created = None if early else Created(path, b"{}")
    path.write_bytes(b"theirs")

    with pytest.raises(FileChanged, match="made by somebody else"):
        created.commit() if created else Created(path, b"{}")
    if created:
        created.discard()

    assert path.read_bytes() == b"theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["tools.json"]


def test_not_even_when_it_comes_at_the_very_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tools.json"
    created = Created(path, b"{}")
    link = os.link

    def link_too_late(source: Path, target: Path) -> None:
        path.write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", link_too_late)
    with pytest.raises(FileChanged):
        created.commit()

    assert path.read_bytes() == b"theirs"


def test_on_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(_source: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    Created(tmp_path / "tools.json", b"{}").commit()

    assert (tmp_path / "tools.json").read_bytes() == b"{}"
    assert [path.name for path in tmp_path.iterdir()] == ["tools.json"]


def test_a_link_and_too_much_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")

    with pytest.raises(FileUnusable, match="is a link"):
        Created(tmp_path / "link", b"{}")
    with pytest.raises(FileUnusable, match="are the most"):
        Created(tmp_path / "large", b"x" * (MOST_BYTES + 1))

    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_directories_are_made_where_they_are_missing_and_removed_where_they_are_empty(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    made = make_directories(tmp_path / "a" / "b" / "c")
    assert made == [tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    (tmp_path / "a" / "theirs").write_bytes(b"")
    remove_directories([tmp_path / "a", *made])

    assert [path.name for path in tmp_path.rglob("*")] == ["a", "theirs"]


def test_a_file_on_the_way_leaves_nothing_half_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileUnusable, match="cannot be made"):
        make_directories(tmp_path / "file" / "b" / "c")

    assert [path.name for path in tmp_path.rglob("*")] == ["file"]
