import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrations_app.files.errors import FileChanged, FileUnusable, HalfReplaced
from migrations_app.files.reading import sha256_of
from migrations_app.files.standing import Standing
from migrations_app.files.together import Change, replace_all

NAMES = ("config.exs", "prod.exs", "runtime.exs")
OLD = {name: f"old {name}".encode() for name in NAMES}
NEW = {name: f"new {name}".encode() for name in NAMES}
KILLED = """
import sys
from pathlib import Path
from tests.files.test_together import NEW, OLD, changes
from migrations_app.files.together import replace_all
replace_all(changes(Path(sys.argv[1]), OLD, NEW))
"""
KILLED_MIXED = """
import sys
from pathlib import Path
from tests.files.test_together import mixed
from migrations_app.files.together import replace_all
changes, directories = mixed(Path(sys.argv[1]), forward=sys.argv[2] == "forward")
replace_all(changes, directories=directories)
"""
OF_OLD = Standing(0o640)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, content in OLD.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def changes(place: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Change]:
    return [Change(place / name, after[name], sha256_of(before[name])) for name in NAMES]


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def test_all_are_replaced_and_again_there_is_nothing_to_do(place: Path) -> None:
    assert replace_all(changes(place, OLD, NEW)) == tuple(place / name for name in NAMES)
    assert contents(place) == NEW
    assert replace_all(changes(place, OLD, NEW)) == ()


@pytest.mark.parametrize("edited", NAMES)
def test_an_edit_of_one_leaves_all(place: Path, edited: str) -> None:
    (place / edited).write_bytes(b"an edit")

    with pytest.raises(FileChanged, match=edited):
        replace_all(changes(place, OLD, NEW))

    assert contents(place) == {**OLD, edited: b"an edit"}


def test_a_file_that_cannot_be_replaced_leaves_all(place: Path) -> None:
    (place / "runtime.exs").unlink()
    (place / "runtime.exs").mkdir()

    with pytest.raises(FileUnusable):
        replace_all(changes(place, OLD, NEW))

    assert (place / "config.exs").read_bytes() == OLD["config.exs"]
    assert sorted(path.name for path in place.iterdir()) == sorted(NAMES)


def test_an_edit_between_two_renames_gives_the_first_one_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edit(point: str) -> None:
        if point == "files.renamed" and (place / "prod.exs").read_bytes() == OLD["prod.exs"]:
            (place / "prod.exs").write_bytes(b"an edit")

    monkeypatch.setattr("migrations_app.files.together.reach", edit)

    with pytest.raises(FileChanged, match=r"prod\.exs"):
        replace_all(changes(place, OLD, NEW))

    assert contents(place) == {**OLD, "prod.exs": b"an edit"}


def test_what_was_edited_again_before_it_was_given_back_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edit(point: str) -> None:
        if point == "files.renamed":
            (place / "config.exs").write_bytes(b"an edit")
            (place / "prod.exs").write_bytes(b"another")

    monkeypatch.setattr("migrations_app.files.together.reach", edit)

    with pytest.raises(HalfReplaced, match=r"config\.exs could not be given its old content back"):
        replace_all(changes(place, OLD, NEW))

    assert contents(place) == {"config.exs": b"an edit", "prod.exs": b"another", "runtime.exs": OLD["runtime.exs"]}


@pytest.mark.faults
@pytest.mark.parametrize("point", ["files.staged:2", "files.before_rename:1", "files.renamed:1", "files.renamed:2"])
@pytest.mark.parametrize("forward", [True, False])
def test_a_kill_anywhere_can_be_gone_on_from_and_taken_back(place: Path, point: str, forward: bool) -> None:
    environment = {**os.environ, "SNAKEWEB_CRASH_AT": point}
    killed = subprocess.run([sys.executable, "-c", KILLED, str(place)], env=environment, check=False)
    assert killed.returncode == 137
    assert all((place / name).read_bytes() in (OLD[name], NEW[name]) for name in NAMES)

    before, after = (OLD, NEW) if forward else (NEW, OLD)
    replace_all(changes(place, before, after))

    assert contents(place) == after


def mixed(place: Path, *, forward: bool) -> tuple[list[Change], list[Path]]:
    """One file is replaced, one is made with its directories, one is removed; and what takes that back."""
    config, made, gone = place / "config.exs", place / "new" / "deep" / "made.json", place / "prod.exs"
    old, new = OLD["config.exs"], NEW["config.exs"]
    if forward:
        return [
            Change(config, new, sha256_of(old)),
            Change(made, b"made", None),
            Change(gone, None, sha256_of(OLD["prod.exs"])),
        ], []
    return [
        Change(config, old, sha256_of(new)),
        Change(made, None, sha256_of(b"made")),
        Change(gone, OLD["prod.exs"], None, OF_OLD),
    ], [place / "new", place / "new" / "deep"]


def tree(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and directory with its permissions and content."""
    return {
        path.relative_to(place).as_posix(): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in place.rglob("*")
    }


@pytest.fixture
def laid(place: Path) -> Path:
    (place / "prod.exs").chmod(OF_OLD.mode)
    return place


def change_all(place: Path, *, forward: bool) -> tuple[Path, ...]:
    changes, directories = mixed(place, forward=forward)
    return replace_all(changes, directories=directories)


def test_files_are_made_and_removed_and_all_of_it_is_taken_back(laid: Path) -> None:
    before = tree(laid)

    assert len(change_all(laid, forward=True)) == 3
    after = tree(laid)
    assert set(after) == {"config.exs", "runtime.exs", "new", "new/deep", "new/deep/made.json"}
    assert after["new/deep/made.json"] == (0o644, b"made")
    assert change_all(laid, forward=True) == ()

    assert len(change_all(laid, forward=False)) == 3
    assert tree(laid) == before
    assert change_all(laid, forward=False) == ()


@pytest.mark.parametrize(
    ("forward", "name", "error"),
    [
        (True, "new/deep/made.json", FileChanged),
        (True, "prod.exs", FileChanged),
        (False, "new/deep/made.json", FileChanged),
        (False, "prod.exs", FileChanged),
    ],
)
def test_what_somebody_made_there_leaves_all(laid: Path, forward: bool, name: str, error: type[Exception]) -> None:
    if not forward:
        change_all(laid, forward=True)
    (laid / name).parent.mkdir(parents=True, exist_ok=True)
    (laid / name).write_bytes(b"an edit")
    before = tree(laid)

    with pytest.raises(error, match=Path(name).name):
        change_all(laid, forward=forward)

    assert tree(laid) == before


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("passing", [1, 2, 3])
def test_a_failure_between_two_changes_takes_all_back(
    laid: Path, monkeypatch: pytest.MonkeyPatch, forward: bool, passing: int
) -> None:
    if not forward:
        change_all(laid, forward=True)
    before, passed = tree(laid), []

    def fail(point: str) -> None:
        if point == "files.before_rename":
            passed.append(point)
            if len(passed) == passing:
                raise OSError("The disk is gone.")

    monkeypatch.setattr("migrations_app.files.together.reach", fail)

    with pytest.raises(OSError, match="disk is gone"):
        change_all(laid, forward=forward)

    assert tree(laid) == before


def test_who_may_not_go_on_leaves_no_trace(laid: Path) -> None:
    before = tree(laid)

    def refuse() -> None:
        assert (laid / "new" / "deep").is_dir()
        raise FileUnusable("Another one drives this run.")

    with pytest.raises(FileUnusable):
        replace_all(mixed(laid, forward=True)[0], may_go_on=refuse)

    assert tree(laid) == before


def test_a_directory_into_which_somebody_put_something_stays(laid: Path) -> None:
    change_all(laid, forward=True)
    (laid / "new" / "theirs").write_bytes(b"theirs")

    change_all(laid, forward=False)

    assert (laid / "new" / "theirs").read_bytes() == b"theirs"
    assert not (laid / "new" / "deep").exists()


@pytest.mark.faults
@pytest.mark.parametrize("point", ["files.staged:1", "files.staged:2", *(f"files.renamed:{n}" for n in (1, 2, 3))])
@pytest.mark.parametrize("first", ["forward", "back"])
@pytest.mark.parametrize("then", ["forward", "back"])
def test_a_kill_among_made_and_removed_files_can_be_gone_on_from_and_taken_back(
    laid: Path, point: str, first: str, then: str
) -> None:
    old = tree(laid)
    change_all(laid, forward=True)
    new = tree(laid)
    if first == "forward":
        change_all(laid, forward=False)
    environment = {**os.environ, "SNAKEWEB_CRASH_AT": point}
    command = [sys.executable, "-c", KILLED_MIXED, str(laid), first]
    killed = subprocess.run(command, env=environment, check=False)
    assert killed.returncode in (0, 137)  # the way back stages two contents only

    change_all(laid, forward=then == "forward")

    assert tree(laid) == (new if then == "forward" else old)
