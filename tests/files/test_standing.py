import json
import os
import stat
from pathlib import Path

import pytest

from migrations_app.files.errors import FileUnusable
from migrations_app.files.standing import Standing, standing_in, standing_of
from tests.files.nobody import as_nobody


def opened(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)


def test_a_file_s_standing_goes_to_another_by_way_of_json(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    old.chmod(0o640)
    os.setxattr(old, "user.owner", b"pay\xffments")
    if os.geteuid() == 0:
        os.chown(old, 1234, 4321)
    kept = json.loads(json.dumps(standing_of(old, old.stat()).as_dict()))
    descriptor = opened(new)

    Standing.from_dict(kept).give(descriptor, new)

    os.close(descriptor)
    assert standing_of(new, new.stat()) == standing_of(old, old.stat())
    assert os.getxattr(new, "user.owner") == b"pay\xffments"


def test_a_new_file_is_readable_and_of_the_directory_s_owner_where_that_can_be(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 1234, 4321)
    descriptor = opened(tmp_path / "new")

    standing_in(tmp_path).give(descriptor, tmp_path / "new")

    os.close(descriptor)
    about, around = (tmp_path / "new").stat(), tmp_path.stat()
    assert stat.S_IMODE(about.st_mode) == 0o644
    assert (about.st_uid, about.st_gid) == (around.st_uid, around.st_gid)


def test_an_owner_that_it_cannot_have_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    descriptor = opened(tmp_path / "new")

    with as_nobody(), pytest.raises(FileUnusable, match="belongs to user 1234"):
        Standing(0o644, 1234, 1234).give(descriptor, tmp_path / "new")
    os.close(descriptor)
