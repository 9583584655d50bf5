import os
from pathlib import Path

import pytest

from migrations_app.files.errors import FileUnusable
from migrations_app.files.reading import MOST_BYTES, placed, read, resolved, sha256_of


def test_it_gives_the_whole_content(tmp_path: Path) -> None:
    (tmp_path / "config.exs").write_bytes(b"import Config\r\n\xff")

    assert read(tmp_path / "config.exs") == b"import Config\r\n\xff"


def test_a_link_is_followed_to_what_lies_beneath_a_root(tmp_path: Path) -> None:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed/config.exs").write_bytes(b"here")
    (tmp_path / "elsewhere.exs").write_bytes(b"there")
    (tmp_path / "in.exs").symlink_to("allowed/config.exs")
    (tmp_path / "allowed/out.exs").symlink_to("../elsewhere.exs")
    roots = (tmp_path / "allowed",)

    assert read(tmp_path / "in.exs", roots=roots) == b"here"
    with pytest.raises(FileUnusable, match=r"elsewhere\.exs.*lies outside of the directories that SNAKEWEB_FILE_ROOTS"):
        read(tmp_path / "allowed/out.exs", roots=roots)
    with pytest.raises(FileUnusable, match="lies outside"):
        read(tmp_path / "allowed/config.exs", roots=())


def _nothing(path: Path) -> None:
    """There is no file."""


def _circle(path: Path) -> None:
    path.symlink_to(path.name)


def _too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_nothing, "is not there"),
        (Path.mkdir, "is a directory, not a file"),
        (os.mkfifo, "is no regular file"),
        (_circle, "cannot be reached"),
        (_too_large, "has 10,485,761 bytes; 10,485,760 are the most"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "config.exs"
    make(path)  # type: ignore[operator]

    with pytest.raises(FileUnusable, match=said) as refused:
        read(path)
    assert str(path) in refused.value.message
    assert refused.value.recovery_actions


def test_the_largest_permitted_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.exs"
    path.write_bytes(b"#" * MOST_BYTES)

    assert len(read(path)) == MOST_BYTES
    assert resolved(path) == path
    assert sha256_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_place_is_where_a_file_would_be_links_on_the_way_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert placed(tmp_path / "link" / "new" / "tools.json", (tmp_path,)) == tmp_path / "real" / "new" / "tools.json"


def test_places_that_are_not_permitted_are_refused(tmp_path: Path) -> None:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "allowed" / "out").symlink_to("../elsewhere")
    (tmp_path / "allowed" / "link.json").symlink_to("nowhere")
    (tmp_path / "allowed" / "file").write_bytes(b"")
    roots = (tmp_path / "allowed",)

    for name, reason in {
        "out/tools.json": "lies outside",
        "../elsewhere/tools.json": "leads back",
        "new/../../elsewhere/tools.json": "leads back",
        "link.json": "is a link",
        "file/tools.json": "is no directory",
    }.items():
        with pytest.raises(FileUnusable, match=reason):
            placed(tmp_path / "allowed" / name, roots)
