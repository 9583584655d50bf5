"""Replacing a file whole: written aside in its own directory, synced, and renamed over it.

A reader sees the old bytes or the new ones, never a mixture, and a crash at any line leaves one of the two. Links stay
links: the file that they lead to is replaced. Owner, permissions and extended attributes are kept.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from migrations_app.engine.crash_points import reach
from migrations_app.files.aside import Aside, refused, sync_directory
from migrations_app.files.errors import unusable
from migrations_app.files.reading import MOST_BYTES, read_unchanged, resolved
from migrations_app.files.standing import standing_of


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
        self.original, about = read_unchanged(self.real, self._expected)
        if len(content) > MOST_BYTES:
            raise unusable(self.real, f"would get {len(content):,} bytes; {MOST_BYTES:,} are the most.")
        if about.st_nlink > 1:
            raise unusable(
                self.real,
                f"has {about.st_nlink} names (hard links), and the others would keep the old content.",
                "Make the other names symbolic links to this file.",
            )
        self.standing = standing_of(self.real, about)
        self._aside = Aside(self.real)
        try:
            self._write(content)
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Raises FileChanged when the file is no longer as it was when this was staged."""
        read_unchanged(self.real, self._expected)
        try:
            self._aside.path.rename(self.real)
        except OSError as error:
            raise refused(self.real, error) from error
        self._aside.let_go()
        sync_directory(self.real.parent)

    def discard(self) -> None:
        """Remove what lies beside, unless it was committed. Safe to call twice."""
        self._aside.discard()

    def _write(self, content: bytes) -> None:
        try:
            self._aside.write(content)
            self.standing.give(self._aside.descriptor, self.real)
            os.fsync(self._aside.descriptor)
        except OSError as error:
            raise refused(self.real, error) from error
        reach("files.staged")
