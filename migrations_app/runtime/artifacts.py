"""Artifacts in a shared directory: encrypted, and whole or not there at all (written aside, then renamed)."""

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources
from migrations_app.engine.ports import ArtifactRef
from migrations_app.runtime.sealed_stream import SealingWriter, UnsealingReader, key_id_in

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
UNFINISHED = ".part"
BUFFER_BYTES = 1 << 16
READ_BYTES = 1 << 20


class DirectoryArtifacts:
    """`ArtifactRef.sha256` and `size` are of the stored, encrypted bytes, so that they can be checked without keys."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def from_url(cls, url: str) -> "DirectoryArtifacts":
        """`file:///path`. Raises ImproperlyConfigured for another scheme."""
        parts = urlsplit(url)
        if parts.scheme != "file" or not parts.path:
            raise ImproperlyConfigured(f"SNAKEWEB_ARTIFACTS_URL is {url!r}; it must be file:///a/directory.")
        return cls(Path(unquote(parts.path)))

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        path = self._path(key)
        unfinished = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
            unfinished = Path(name)
            with os.fdopen(descriptor, "wb") as sink:
                writer = SealingWriter(cast("BinaryIO", sink))
                yield cast("BinaryIO", writer)
                writer.finish()
                sink.flush()
                os.fsync(sink.fileno())
            unfinished.replace(path)
            _sync_directory(path.parent)
        except OSError as error:
            raise InsufficientResources(
                f"Artifact {key} could not be written: {error.strerror}. Nothing is left of it.",
                details={"artifact": key},
                recovery_actions=("Give the artifact store room and write permission, then retry.",),
            ) from error
        finally:
            if unfinished is not None:
                unfinished.unlink(missing_ok=True)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        with self._opened(key) as source, UnsealingReader(source, key) as reader:
            yield cast("BinaryIO", io.BufferedReader(reader, BUFFER_BYTES))

    def sealed_by(self, key: str) -> str:
        """The id of the secret key that this artifact is encrypted under; '' when it is none, or gone meanwhile."""
        try:
            with self._path(key).open("rb") as source:
                return key_id_in(source)
        except FileNotFoundError:
            return ""

    def stat(self, key: str) -> ArtifactRef | None:
        path = self._path(key)
        if not path.is_file():
            return None
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source:
            while block := source.read(READ_BYTES):
                digest.update(block)
                size += len(block)
        return ArtifactRef(key, digest.hexdigest(), size)

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        for directory in path.parents:
            if directory == self._root or self._root not in directory.parents:
                return
            with suppress(OSError):  # others' artifacts may live there
                directory.rmdir()

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin with `prefix`, sorted; unfinished ones are not there."""
        found = sorted(
            path.relative_to(self._root).as_posix()
            for path in self._root.rglob("*")
            if path.is_file() and path.suffix != UNFINISHED
        )
        return (key for key in found if key.startswith(prefix))

    def folders(self, parent: str) -> list[str]:
        """Names of the folders right beneath `parent`, sorted; those that hold only unfinished artifacts too."""
        place = self._path(parent)
        return sorted(path.name for path in place.iterdir() if path.is_dir()) if place.is_dir() else []

    def discard(self, folder: str) -> None:
        """Delete everything in this folder, what a killed writer left unfinished included. Raises OSError."""
        place = self._path(folder.rstrip("/"))
        for path in sorted(place.rglob("*"), reverse=True):  # what lies deeper comes first
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            place.rmdir()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key) or key.endswith(UNFINISHED):
            raise ValueError(f"{key!r} is not an artifact key: letters, digits, . _ - and single slashes")
        return self._root / key

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        try:
            source = self._path(key).open("rb")
        except FileNotFoundError:
            raise DependencyUnavailable(
                f"Artifact {key} is not in the artifact store.",
                details={"artifact": key},
                recovery_actions=("Check that every worker sees the same SNAKEWEB_ARTIFACTS_URL directory.",),
            ) from None
        with source:
            yield source


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
