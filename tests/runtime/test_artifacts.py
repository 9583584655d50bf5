import hashlib
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources
from migrations_app.runtime.artifacts import DirectoryArtifacts

KEY = "backups/run-1/sessions-0.ndjson"


@pytest.fixture
def artifacts(tmp_path: Path) -> DirectoryArtifacts:
    return DirectoryArtifacts.from_url(f"file://{tmp_path}/artifacts%20here")


def write(artifacts: DirectoryArtifacts, key: str = KEY, clear: bytes = b"line\n") -> None:
    with artifacts.create(key) as sink:
        sink.write(clear)


def test_what_was_written_is_read_and_lies_encrypted(artifacts: DirectoryArtifacts, tmp_path: Path) -> None:
    write(artifacts, clear=b"a session\n" * 1000)

    with artifacts.open(KEY) as source:
        assert source.read() == b"a session\n" * 1000
    stored = (tmp_path / "artifacts here" / KEY).read_bytes()
    assert b"a session" not in stored
    found = artifacts.stat(KEY)
    assert found is not None
    assert (found.size, found.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())


def test_an_interrupted_write_leaves_nothing(artifacts: DirectoryArtifacts, tmp_path: Path) -> None:
    def write_half() -> None:
        with artifacts.create(KEY) as sink:
            sink.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    assert artifacts.stat(KEY) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_second_write_replaces_the_first_as_a_whole(artifacts: DirectoryArtifacts) -> None:
    write(artifacts, clear=b"first")
    write(artifacts, clear=b"second")

    with artifacts.open(KEY) as source:
        assert source.read() == b"second"


def test_keys_are_listed_by_prefix_and_deleted_without_complaint(artifacts: DirectoryArtifacts) -> None:
    write(artifacts, "backups/run-1/b")
    write(artifacts, "backups/run-1/a")
    write(artifacts, "reports/run-1")

    assert list(artifacts.keys("backups/run-1/")) == ["backups/run-1/a", "backups/run-1/b"]
    artifacts.delete("backups/run-1/a")
    artifacts.delete("backups/run-1/a")
    artifacts.delete("backups/run-1/b")
    assert list(artifacts.keys("")) == ["reports/run-1"]


def test_one_that_is_not_there_is_named(artifacts: DirectoryArtifacts) -> None:
    with pytest.raises(DependencyUnavailable, match=KEY), artifacts.open(KEY):
        pass


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "", "a/.hidden", "x.part", "a/../b", "a b"])
def test_keys_stay_beneath_the_root(artifacts: DirectoryArtifacts, key: str) -> None:
    with pytest.raises(ValueError, match="not an artifact key"):
        write(artifacts, key)


def test_a_store_without_room_or_permission_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file where the directory should be")

    with pytest.raises(InsufficientResources, match=KEY):
        write(DirectoryArtifacts(tmp_path / "artifacts"))


@pytest.mark.parametrize("url", ["s3://bucket/x", "/just/a/path", "file://"])
def test_other_kinds_of_store_are_refused_by_name(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SNAKEWEB_ARTIFACTS_URL"):
        DirectoryArtifacts.from_url(url)


def test_a_folder_is_discarded_whole_and_others_stay(artifacts: DirectoryArtifacts, tmp_path: Path) -> None:
    write(artifacts)
    write(artifacts, "backups/run-1/deep/er.ndjson")
    write(artifacts, "backups/run-12/sessions-0.ndjson")
    root = tmp_path / "artifacts here" / "backups"
    (root / "run-1" / "left-by-a-killed-writer.part").write_bytes(b"half")
    (root / "run-3").mkdir()
    assert artifacts.folders("backups") == ["run-1", "run-12", "run-3"]
    assert artifacts.folders("nothing-here") == []

    artifacts.discard("backups/run-1/")
    artifacts.discard("backups/run-1/")

    assert not (root / "run-1").exists()
    assert list(artifacts.keys("")) == ["backups/run-12/sessions-0.ndjson"]
