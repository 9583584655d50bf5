"""Replacing a file whole: written aside in its own directory, synced, and renamed over it.

A reader sees the old bytes or the new ones, never a mixture, and a crash at any line leaves one of the two. Links stay
links: the file that they lead to is replaced. Owner, permissions and extended attributes are kept.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import MigrationError
from migrations_app.files.errors import FileBusy, FileChanged, NoRoom, unusable
from migrations_app.files.reading import MOST_BYTES, read_file, resolved, sha256_of

ASIDE = ".snakeweb-new"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TRIES = 20


def replace(path: Path, content: bytes, *, expected_sha256: str, roots: Sequence[Path] | None = None) -> None:
    """Give the file this content, if its present one has the fingerprint that is expected (SHA-256, hex).

    `roots`: where the file may lie, None for anywhere. Raises FileChanged, FileUnusable, FileBusy and NoRoom; then the
    file is as it was. Another process that writes between the last look and the rename is not noticed: that window is
    one system call long.
    """
    staged = Staged(path, content, expected_sha256=expected_sha256, roots=roots)
    try:
        staged.commit()
    finally:
        staged.discard()


class Staged:
    """New content that lies beside its file, whole and on the disk, ready to be renamed over it.

    Whoever makes one calls `commit` or `discard`, or both; a process that dies leaves the file beside, which the next
    one takes over. The file beside is locked meanwhile, so that two processes never replace the same file at once.
    """

    def __init__(
        self, path: Path, content: bytes, *, expected_sha256: str, roots: Sequence[Path] | None = None
    ) -> None:
        self.real = resolved(path, roots)
        self._expected = expected_sha256
        self.original, about = self._look()
        if len(content) > MOST_BYTES:
            raise unusable(self.real, f"would get {len(content):,} bytes; {MOST_BYTES:,} are the most.")
        if about.st_nlink > 1:
            raise unusable(
                self.real,
                f"has {about.st_nlink} names (hard links), and the others would keep the old content.",
                "Make the other names symbolic links to this file.",
            )
        self._aside = aside_of(self.real)
        self._descriptor = self._claim()
        try:
            self._write(content, about)
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Raises FileChanged when the file is no longer as it was when this was staged."""
        self._look()
        try:
            self._aside.rename(self.real)
        except OSError as error:
            raise self._refused(error) from error
        os.close(self._descriptor)
        self._descriptor = -1
        _sync_directory(self.real.parent)

    def discard(self) -> None:
        """Remove what lies beside, unless it was committed. Safe to call twice."""
        if self._descriptor >= 0:
            self._aside.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _look(self) -> tuple[bytes, os.stat_result]:
        present, about = read_file(self.real)
        found = sha256_of(present)
        if found != self._expected:
            raise FileChanged(self.real, expected=self._expected, found=found)
        return present, about

    def _claim(self) -> int:
        """A new, empty, locked file beside; one that a dead process left is removed first."""
        for _ in range(_TRIES):
            try:
                created = os.open(self._aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                remove_what_was_left(self.real)
                continue
            except OSError as error:
                raise self._refused(error) from error
            if _locked(created) and _is_at(created, self._aside):
                return created
            os.close(created)
        raise FileBusy(details={"path": str(self.real)})

    def _write(self, content: bytes, about: os.stat_result) -> None:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._keep_owner(about)
            os.fchmod(self._descriptor, stat.S_IMODE(about.st_mode))
            _copy_attributes(self.real, self._descriptor)
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._refused(error) from error
        reach("files.staged")

    def _keep_owner(self, about: os.stat_result) -> None:
        mine = os.fstat(self._descriptor)
        if (mine.st_uid, mine.st_gid) == (about.st_uid, about.st_gid):
            return
        try:
            os.fchown(self._descriptor, about.st_uid, about.st_gid)
        except PermissionError as error:
            raise unusable(
                self.real,
                f"belongs to user {about.st_uid}, group {about.st_gid}, and this process may not give files to them.",
                "Run the worker as that user, or let the file belong to the worker's user and group.",
            ) from error

    def _refused(self, error: OSError) -> MigrationError:
        if error.errno in _NO_ROOM:
            return NoRoom(
                f"There is no room for the new content of {self.real} ({error.strerror}); it was left as it was.",
                details={"path": str(self.real)},
            )
        return unusable(
            self.real,
            f"cannot be replaced: {self.real.parent}: {error.strerror}.",
            "Give the worker's user the right to write into that directory; check that it is not mounted read-only.",
        )


def aside_of(real: Path) -> Path:
    return real.with_name(f".{real.name}{ASIDE}")


def remove_what_was_left(real: Path) -> None:
    """Remove what a dead process left beside the file. Raises FileBusy when its maker lives."""
    aside = aside_of(real)
    try:
        left = os.open(aside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
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


def _copy_attributes(source: Path, descriptor: int) -> None:
    """Access lists and labels; a file system without such has none to copy."""
    try:
        names = os.listxattr(source)
    except OSError:
        return
    for name in names:
        os.setxattr(descriptor, name, os.getxattr(source, name))


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
