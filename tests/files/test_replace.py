import fcntl
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.files.aside import ASIDE
from migrations_app.files.errors import FileBusy, FileChanged, FileUnusable, NoRoom
from migrations_app.files.reading import MOST_BYTES, sha256_of
from migrations_app.files.replace import Staged, replace
from tests.files.nobody import as_nobody

OLD, NEW = b"old", b"new and longer"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "config.exs"
    made.write_bytes(OLD)
    return made


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """A file in a directory that this process, as another user, may read and not write into."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "config.exs").write_bytes(OLD)
        yield directory / "config.exs"


def swap(path: Path, content: bytes = NEW) -> None:
    replace(path, content, expected_sha256=sha256_of(OLD))


def left_alone(path: Path) -> bool:
    """The old bytes, and nothing beside them."""
    return path.read_bytes() == OLD and [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_file_has_the_new_bytes_and_nothing_lies_beside(path: Path) -> None:
    swap(path)

    assert path.read_bytes() == NEW
    assert list(path.parent.iterdir()) == [path]


def test_permissions_and_owner_are_kept(path: Path) -> None:
    path.chmod(0o4640)
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
        path.chmod(0o4640)
    before = path.stat()

    swap(path)

    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o4640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_extended_attributes_are_kept(path: Path) -> None:
    os.setxattr(path, "user.owner", b"payments")

    swap(path)

    assert os.getxattr(path, "user.owner") == b"payments"


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "current.exs"
    link.parent.mkdir()
    link.symlink_to("../config.exs")

    swap(link)

    assert link.is_symlink()
    assert path.read_bytes() == NEW


def test_another_content_is_named_with_both_fingerprints_and_stays(path: Path) -> None:
    with pytest.raises(FileChanged) as refused:
        replace(path, NEW, expected_sha256=sha256_of(b"what was planned"))

    assert refused.value.details["expected_sha256"] == sha256_of(b"what was planned")
    assert refused.value.details["found_sha256"] == sha256_of(OLD)
    assert sha256_of(OLD)[:12] in refused.value.message
    assert left_alone(path)


def test_a_change_between_staging_and_commit_is_noticed(path: Path) -> None:
    staged = Staged(path, NEW, expected_sha256=sha256_of(OLD))
    path.write_bytes(b"an edit")

    with pytest.raises(FileChanged):
        staged.commit()
    staged.discard()

    assert path.read_bytes() == b"an edit"
    assert list(path.parent.iterdir()) == [path]


def test_two_processes_never_replace_the_same_file_at_once(path: Path) -> None:
    staged = Staged(path, NEW, expected_sha256=sha256_of(OLD))

    with pytest.raises(FileBusy, match="being replaced by another process"):
        swap(path, b"the other's")
    staged.commit()

    assert path.read_bytes() == NEW


def test_what_a_killed_process_left_is_taken_over(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from migrations_app.files.replace import replace;"
        f"replace(Path(sys.argv[1]), {NEW!r}, expected_sha256={sha256_of(OLD)!r})"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(path)], env={**os.environ, "SNAKEWEB_CRASH_AT": "files.staged"}, check=False
    )
    beside = path.with_name(f".{path.name}{ASIDE}")
    assert killed.returncode == 137
    assert (path.read_bytes(), beside.read_bytes()) == (OLD, NEW)

    swap(path)

    assert path.read_bytes() == NEW
    assert list(path.parent.iterdir()) == [path]


def test_a_link_that_lies_in_the_way_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    beside = path.with_name(f".{path.name}{ASIDE}")
    beside.symlink_to("precious")

    with pytest.raises(FileUnusable, match="lies in the way"):
        swap(path)

    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert path.read_bytes() == OLD


def test_a_full_disk_leaves_the_old_content(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(NoRoom, match="no room for the new content") as refused:
            swap(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert refused.value.recovery_actions
    assert left_alone(path)


def test_a_directory_that_may_not_be_written_leaves_the_old_content(nobodys: Path) -> None:
    nobodys.parent.chmod(0o555)
    with as_nobody(), pytest.raises(FileUnusable, match="Permission denied"):
        swap(nobodys)

    assert left_alone(nobodys)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of others in its directories")
def test_a_file_that_could_not_keep_its_owner_is_left(nobodys: Path) -> None:
    nobodys.parent.chmod(0o777)
    with as_nobody(), pytest.raises(FileUnusable, match="belongs to user 0"):
        swap(nobodys)

    assert left_alone(nobodys)


def test_a_second_name_of_the_file_is_said_and_nothing_done(path: Path, tmp_path: Path) -> None:
    (tmp_path / "also.exs").hardlink_to(path)

    with pytest.raises(FileUnusable, match="2 names"):
        swap(path)

    assert (tmp_path / "also.exs").read_bytes() == path.read_bytes() == OLD


def test_more_than_the_limit_is_not_written(path: Path) -> None:
    with pytest.raises(FileUnusable, match="10,485,760 are the most"):
        swap(path, b"x" * (MOST_BYTES + 1))

    assert left_alone(path)


def test_a_file_outside_of_the_roots_is_not_touched(path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="lies outside"):
        replace(path, NEW, expected_sha256=sha256_of(OLD), roots=(tmp_path / "elsewhere",))

    assert left_alone(path)


@pytest.mark.parametrize("make", [Path.unlink, lambda path: (path.unlink(), path.mkdir())])
def test_a_missing_file_and_a_directory_in_its_place_are_said(path: Path, make: object) -> None:
    make(path)  # type: ignore[operator]

    with pytest.raises(FileUnusable, match=r"is not there|is a directory"):
        swap(path)


def test_the_lock_goes_with_its_process(path: Path) -> None:
    """A crash inside one process lets go of the lock as soon as its descriptor is closed."""
    with armed("files.staged:raise"), pytest.raises(Crash):
        swap(path)

    swap(path)
    with path.open() as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert path.read_bytes() == NEW
