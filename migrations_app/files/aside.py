"""The file beside a file: where its new content is made, and the lock of whoever changes it."""

import errno
import fcntl
import os
from pathlib import Path

from migrations_app.engine.errors import MigrationError
from migrations_app.files.errors import FileBusy, NoRoom, unusable

ASIDE = ".snakeweb-new"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TRIES = 20


class Aside:
    """A new, empty, locked file beside `real`; one that a dead process left is removed first.

    Whoever makes one calls `discard` or `let_go`. Raises FileBusy, NoRoom and FileUnusable.
    """

    def __init__(self, real: Path) -> None:
        self.real = real
        self.path = aside_of(real)
        self.descriptor = self._claim()

    def write(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self.descriptor, view) :]

    def let_go(self) -> None:
        """It has become the file itself, or is gone."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def discard(self) -> None:
        """Safe to call twice, and after `let_go`."""
        if self.descriptor >= 0:
            self.path.unlink(missing_ok=True)
            self.let_go()

    def _claim(self) -> int:
        for _ in range(_TRIES):
            try:
                created = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                remove_what_was_left(self.real)
                continue
            except OSError as error:
                raise refused(self.real, error) from error
            if _locked(created) and _is_at(created, self.path):
                return created
            os.close(created)
        raise FileBusy(details={"path": str(self.real)})


def aside_of(real: Path) -> Path:
    return real.with_name(f".{real.name}{ASIDE}")


def remove_what_was_left(real: Path) -> None:
    """Remove what a dead process left beside the file. Raises FileBusy when its maker lives."""
    aside = aside_of(real)
    try:
        left = os.open(aside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise unusable(real, f"cannot be replaced: {aside.name} lies in the way.", "Remove that file.") from error
    try:
        if not _locked(left):
            raise FileBusy(
                f"{real} is being replaced by another process; it was left to that one.", details={"path": str(real)}
            )
        if _is_at(left, aside):
            aside.unlink(missing_ok=True)
    finally:
        os.close(left)


def refused(real: Path, error: OSError) -> MigrationError:
    """What the system's word on a change of this file means for people."""
    if error.errno in _NO_ROOM:
        return NoRoom(
            f"There is no room for the new content of {real} ({error.strerror}); it was left as it was.",
            details={"path": str(real)},
        )
    return unusable(
        real,
        f"cannot be replaced: {real.parent}: {error.strerror}.",
        "Give the worker's user the right to write into that directory; check that it is not mounted read-only.",
    )


def sync_directory(directory: Path) -> None:
    """What was renamed or removed in it is so on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether this open file still has this name."""
    try:
        named = path.lstat()
    except FileNotFoundError:
        return False
    mine = os.fstat(descriptor)
    return (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino)
