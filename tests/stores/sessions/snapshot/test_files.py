import errno
import io
import os
from pathlib import Path

import pytest

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, ValidationFailed
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.stores.sessions.snapshot.files import Snapshot, domain_errors, replacing
from migrations_app.stores.sessions.snapshot.ndjson import LinesOfJson
from migrations_app.stores.sessions.snapshot_file import read_records, write_record

NAMES = "abcdefg"


def record(name, content=b"v"):
    return SessionRecord(name, content)


def names_in(path):
    with path.open("rb") as stream:
        return [record.id for record in read_records(stream)]


@pytest.fixture
def path(tmp_path):
    stream = io.BytesIO()
    for name in NAMES:
        write_record(stream, record(name, name.encode() * 100))
    found = tmp_path / "s"
    found.write_bytes(stream.getvalue())
    return found


@pytest.fixture
def snapshot(path):
    opened = Snapshot(str(path), LinesOfJson)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("drop", "left"), [("", "abcdefg"), ("a", "bcdefg"), ("g", "abcdef"), ("bdf", "aceg"), ("abcdefg", "")]
)
def test_what_stays_keeps_its_bytes_and_order(snapshot, path, drop, left):
    lines = dict(zip(NAMES, path.read_bytes().splitlines(keepends=True), strict=True))

    snapshot.change(set(drop), [record("new"), record("newer")])

    fresh = Snapshot(str(path), LinesOfJson)
    assert names_in(path) == [*left, "new", "newer"]
    assert path.read_bytes().startswith(b"".join(lines[name] for name in left))
    assert snapshot.entries == fresh.entries
    assert list(snapshot.entries) == list(fresh.entries)
    assert [snapshot.record(name) for name in snapshot.ids] == [fresh.record(name) for name in fresh.ids]
    fresh.close()


def test_changes_follow_each_other_without_reading_the_file_again(snapshot, path):
    for round_ in range(5):
        snapshot.change({"a"} & snapshot.entries.keys(), [record("a", b"%d" % round_)])
        assert snapshot.is_current()

    assert names_in(path) == [*"bcdefg", "a"]
    assert snapshot.record("a").value == b"4"


def test_a_last_line_without_an_end_is_given_one(path):
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    snapshot = Snapshot(str(path), LinesOfJson)

    snapshot.change((), [record("new")])

    assert names_in(path) == [*NAMES, "new"]
    snapshot.close()


def test_a_file_that_somebody_wrote_is_no_longer_current(snapshot, path):
    assert snapshot.is_current()
    with path.open("ab") as stream:
        write_record(stream, record("h"))
    assert not snapshot.is_current()


def test_a_file_that_shrinks_while_it_is_copied_changes_nothing(snapshot, path):
    path.write_bytes(path.read_bytes()[:50])

    with pytest.raises(DependencyUnavailable, match="became shorter"):
        snapshot.change({"a"}, ())
    assert path.stat().st_size == 50


def test_replacing_keeps_the_rights_and_a_failure_keeps_the_file(path):
    path.chmod(0o640)
    with replacing(str(path)) as stream:
        stream.write(b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)

    with pytest.raises(TypeError), replacing(str(path)) as stream:
        stream.writelines([b"half", None])
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["s"]


def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ValidationFailed, match="is no file"), domain_errors(str(tmp_path / "pipe")):
        Snapshot(str(tmp_path / "pipe"), LinesOfJson)


def test_a_link_in_the_new_file_s_place_is_not_followed(path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"theirs")
    (tmp_path / "s.new").symlink_to(victim)

    with pytest.raises(ValidationFailed), domain_errors(str(path)), replacing(str(path)):
        pass
    assert victim.read_bytes() == b"theirs"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, ValidationFailed),
        (errno.EACCES, ValidationFailed),
        (errno.EISDIR, ValidationFailed),
        (errno.ENOSPC, InsufficientResources),
        (errno.EIO, DependencyUnavailable),
    ],
)
def test_the_system_s_errors_become_the_engine_s(number, kind):
    with pytest.raises(kind, match=Path("/srv/s").name), domain_errors("/srv/s"):
        raise OSError(number, os.strerror(number))
