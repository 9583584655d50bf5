import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrations_app.files.errors import FileChanged, FileUnusable, HalfReplaced
from migrations_app.files.reading import sha256_of
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
