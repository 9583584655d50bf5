from pathlib import Path

import pytest
from django.conf import LazySettings

from migrations_app.engine.errors import ValidationFailed
from migrations_app.runtime.file_roots import refusal, require_beneath


@pytest.fixture
def allowed(settings: LazySettings, tmp_path: Path) -> Path:
    """A root, itself reached over a link, beside a directory that is none."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real-elsewhere").mkdir()
    (tmp_path / "allowed").symlink_to(tmp_path / "real")
    settings.SNAKEWEB_FILE_ROOTS = (tmp_path / "unused", tmp_path / "allowed")
    return tmp_path / "allowed"


@pytest.mark.parametrize("store", ["sqlite", "snapshot"])
@pytest.mark.parametrize("path", ["sessions.sqlite3", "deep/er/sessions.sqlite3", "deep/../sessions.sqlite3"])
def test_what_lies_beneath_a_root_may_be_opened(allowed: Path, path: str, store: str) -> None:
    assert refusal({"store": store, "path": str(allowed / path)}) == ""


@pytest.mark.parametrize("store", ["sqlite", "snapshot"])
@pytest.mark.parametrize(
    "path", ["../sessions.sqlite3", "link/sessions.sqlite3", "sessions-link", "../real-elsewhere/a"]
)
def test_ways_out_are_refused(allowed: Path, path: str, store: str) -> None:
    (allowed / "link").symlink_to(allowed / "..")
    (allowed / "sessions-link").symlink_to("../sessions.sqlite3")

    assert "SNAKEWEB_FILE_ROOTS" in refusal({"store": store, "path": str(allowed / path)})
    with pytest.raises(ValidationFailed, match="Target old was not opened"):
        require_beneath("old", {"store": store, "path": str(allowed / path)})


def test_the_socket_of_a_pool_lies_beneath_a_root_too(allowed: Path) -> None:
    assert refusal({"driver": "process", "path": str(allowed / "control.sock")}) == ""
    assert "lies outside" in refusal({"driver": "process", "path": "/run/docker.sock"})
    assert refusal({"driver": "http", "url": "https://pool.example"}) == ""


def test_without_roots_no_file_is_a_target(settings: LazySettings, tmp_path: Path) -> None:
    settings.SNAKEWEB_FILE_ROOTS = ()

    assert "SNAKEWEB_FILE_ROOTS names no directory" in refusal({"store": "sqlite", "path": str(tmp_path / "a")})
    require_beneath("a server", {"store": "redis", "host": "redis.example.org"})
