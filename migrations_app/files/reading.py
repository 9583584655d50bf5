"""Reading a file that a target names: a regular one, of a bearable size, in a permitted place."""

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from migrations_app.files.errors import FileChanged, unusable

MOST_BYTES = 10 * 1024 * 1024


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def resolved(path: Path, roots: Sequence[Path] | None = None) -> Path:
    """The file itself, links followed. It lies beneath one of `roots`; None permits every place.

    Raises FileUnusable for a place that is not permitted, a file that is not there, and a circle of links.
    """
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        raise unusable(path, "is not there.", "Check the path, and that this worker sees its disk.") from None
    except (OSError, RuntimeError) as error:  # 3.11 says RuntimeError of a circle of links
        raise unusable(path, f"cannot be reached: {_reason(error)}.", "Look at the links on the way to it.") from error
    _refuse_outside(path, real, roots)
    return real


def placed(path: Path, roots: Sequence[Path] | None = None) -> Path:
    """Where a file of this path is or would be, links on the way to it followed. It is no link itself.

    Raises FileUnusable for a place that is not permitted, a link, and a directory on the way that is none.
    """
    if ".." in path.parts:
        raise unusable(path, "leads back on its way.", "Name it without “..”.")
    if path.is_symlink():
        raise unusable(path, "is a link.", "Name the file that it leads to.")
    parent = path.parent
    while not os.path.lexists(parent):
        parent = parent.parent
    try:
        real = parent.resolve(strict=True) / path.relative_to(parent)
    except (OSError, RuntimeError) as error:
        raise unusable(path, f"cannot be reached: {_reason(error)}.", "Look at the links on the way to it.") from error
    if not parent.is_dir():
        raise unusable(path, f"cannot be made: {parent} is no directory.", "Choose another place.")
    _refuse_outside(path, real, roots)
    return real


def _refuse_outside(path: Path, real: Path, roots: Sequence[Path] | None) -> None:
    if roots is not None and not any(real.is_relative_to(root.resolve()) for root in roots):
        where = f"{path} (which is {real})" if real != path else f"{path}"
        raise unusable(
            Path(where),
            "lies outside of the directories that SNAKEWEB_FILE_ROOTS names.",
            "Use a path beneath one of those directories; what links lead to counts.",
        )


def read(path: Path, *, roots: Sequence[Path] | None = None) -> bytes:
    """The whole content. Opens nothing for writing. Raises FileUnusable; also for more than `MOST_BYTES`."""
    return read_file(resolved(path, roots))[0]


def read_file(real: Path) -> tuple[bytes, os.stat_result]:
    """Content and what the system says of the file, of one and the same moment. `real` is no link."""
    try:
        # A pipe would wait for its other end.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _not_read(real, error) from error
    try:
        about = os.fstat(descriptor)
        if stat.S_ISDIR(about.st_mode):
            raise unusable(real, "is a directory, not a file.", "Name the file in it.")
        if not stat.S_ISREG(about.st_mode):
            raise unusable(real, "is no regular file.", "Name a regular file.")
        if about.st_size > MOST_BYTES:
            raise _too_large(real, about.st_size)
        with os.fdopen(descriptor, "rb", closefd=False) as source:
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise _not_read(real, error) from error
    finally:
        os.close(descriptor)
    if len(content) > MOST_BYTES:
        raise _too_large(real, len(content))
    return content, about


def read_unchanged(real: Path, expected_sha256: str) -> tuple[bytes, os.stat_result]:
    """As `read_file`. Raises FileChanged besides, for another content than was expected."""
    present, about = read_file(real)
    found = sha256_of(present)
    if found != expected_sha256:
        raise FileChanged(real, expected=expected_sha256, found=found)
    return present, about


def _not_read(real: Path, error: OSError) -> Exception:
    return unusable(real, f"cannot be read: {_reason(error)}.", "Give the worker's user the right to read it.")


def _too_large(real: Path, size: int) -> Exception:
    return unusable(
        real,
        f"has {size:,} bytes; {MOST_BYTES:,} are the most for a configuration.",
        "Check that the path names the configuration and not something else.",
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
