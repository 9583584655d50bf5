"""Where finished analyses are kept, by the digest of what they are of."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.ports import Artifacts


class AnalysisCache(Protocol):
    def get(self, digest: str) -> bytes | None:
        """What was put under this digest, or None."""

    def put(self, digest: str, content: bytes) -> None:
        """Replaces what was there. A cache that cannot keep it keeps nothing."""


class DirectoryCache:
    """One file for each digest. Readers see it whole or not at all; what cannot be read or written is not cached."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, digest: str) -> bytes | None:
        try:
            return self._path(digest).read_bytes()
        except OSError:
            return None

    def put(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        beside = path.with_suffix(f".{os.getpid()}")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            beside.replace(path)
        except OSError:
            with suppress(OSError):
                beside.unlink()

    def _path(self, digest: str) -> Path:
        return self._directory / f"{digest}.json"


class ArtifactCache:
    """Among the artifacts, which are encrypted where they rest."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    def get(self, digest: str) -> bytes | None:
        try:
            if self._artifacts.stat(key_of(digest)) is None:
                return None
            with self._artifacts.open(key_of(digest)) as stream:
                return stream.read()
        except (MigrationError, OSError):
            return None

    def put(self, digest: str, content: bytes) -> None:
        with suppress(MigrationError, OSError), self._artifacts.create(key_of(digest)) as stream:
            stream.write(content)


def key_of(digest: str) -> str:
    return f"analyses/{digest}.json"
