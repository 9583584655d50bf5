import errno
from pathlib import Path

import pytest

from migrations_app.files.aside import Aside, aside_of, refused, remove_what_was_left, sync_directory
from migrations_app.files.errors import FileBusy, FileUnusable, NoRoom


def test_one_process_has_it_and_what_it_leaves_is_removed(tmp_path: Path) -> None:
    real = tmp_path / "config.exs"
    mine = Aside(real)
    mine.write(b"new")
    assert aside_of(real).read_bytes() == b"new"

    with pytest.raises(FileBusy, match="being replaced by another process"):
        Aside(real)
    mine.let_go()  # as when its process dies
    remove_what_was_left(real)

    assert list(tmp_path.iterdir()) == []


def test_it_is_discarded_once_and_not_after_it_was_let_go(tmp_path: Path) -> None:
    mine = Aside(tmp_path / "config.exs")
    mine.discard()
    aside_of(tmp_path / "config.exs").write_bytes(b"another's")
    mine.discard()

    assert aside_of(tmp_path / "config.exs").read_bytes() == b"another's"


def test_where_nothing_was_left_there_is_nothing_to_remove(tmp_path: Path) -> None:
    remove_what_was_left(tmp_path / "nowhere" / "config.exs")
    sync_directory(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, NoRoom), (errno.EACCES, FileUnusable)])
def test_what_the_system_refuses_is_said_with_the_file(number: int, kind: type[Exception]) -> None:
    error = refused(Path("/srv/app/config.exs"), OSError(number, "the reason"))

    assert isinstance(error, kind)
    assert "/srv/app" in error.message
    assert "the reason" in error.message
