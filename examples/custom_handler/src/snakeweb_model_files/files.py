"""Files of models: which there are, their digests, and copies that are there whole or not at all."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrations_app.handlers import DataCorruption, InsufficientResources, StepFailed

CHUNK = 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`path` is below the folder of the models, with slashes."""

    path: str
    size: int


def listed(folder: Path, suffixes: Sequence[str]) -> tuple[ModelFile, ...]:
    """In order of their paths. Links and hidden files are no models; nothing where there is no such folder."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes and not path.name.startswith("."))
    return tuple(
        ModelFile(path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in found
        if path.is_file() and not path.is_symlink()
    )


def digest_of(file: Path, alive: Callable[[], None]) -> str:
    """SHA-256 (hex). `alive` is called after every megabyte, so that a large file is no silence."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            alive()
    return digest.hexdigest()


def copy_aside(source: Path, aside: Path, expected: str, alive: Callable[[], None]) -> None:
    """Raises DataCorruption when the source is not what was measured; `aside` then stays, for the undo."""
    aside.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reader, aside.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            writer.write(chunk)
            alive()
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != expected:
        raise DataCorruption(f"{source} changed since it was measured.", details={"file": source.name})


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turns what the system says into the engine's errors, which know what to do next."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise InsufficientResources(f"The disk is full: {error}.") from error
        raise StepFailed(f"A file cannot be read or written: {error}.") from error
