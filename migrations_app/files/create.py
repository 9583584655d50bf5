"""Making a file that is not there: written aside, synced, and given its name, which nobody may have taken meanwhile."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from migrations_app.engine.crash_points import reach
from migrations_app.files.aside import Aside, refused, sync_directory
from migrations_app.files.errors import FileChanged, unusable
from migrations_app.files.reading import MOST_BYTES, placed, read_file, sha256_of
from migrations_app.files.standing import Standing, standing_in

DIRECTORY = 0o755
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Created:
    """New content that lies where its file is going to be, whole and on the disk. Its directory is there.

    Used as `Staged` of files that are replaced. `standing`: None for a new file of its directory's owner.
    """

    def __init__(
        self, path: Path, content: bytes, *, standing: Standing | None = None, roots: Sequence[Path] | None = None
    ) -> None:
        self.real = placed(path, roots)
        self._refuse_taken()
        if len(content) > MOST_BYTES:
            raise unusable(self.real, f"would get {len(content):,} bytes; {MOST_BYTES:,} are the most.")
        self._aside = Aside(self.real)
        try:
            self._aside.write(content)
            (standing or standing_in(self.real.parent)).give(self._aside.descriptor, self.real)
            os.fsync(self._aside.descriptor)
        except OSError as error:
            self.discard()
            raise refused(self.real, error) from error
        except BaseException:
            self.discard()
            raise
        reach("files.staged")

    def commit(self) -> None:
        """Raises FileChanged when somebody has made a file of that name."""
        self._refuse_taken()
        try:
            os.link(self._aside.path, self.real)
        except FileExistsError:
            self._refuse_taken()
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise refused(self.real, error) from error
            self._aside.path.rename(self.real)  # a file system without hard links
            self._aside.let_go()
        self._aside.discard()
        sync_directory(self.real.parent)

    def discard(self) -> None:
        """Remove what lies beside, unless it was committed. Safe to call twice."""
        self._aside.discard()

    def _refuse_taken(self) -> None:
        if os.path.lexists(self.real):
            found, _ = read_file(self.real)
            raise FileChanged(self.real, expected="", found=sha256_of(found))


def make_directories(directory: Path) -> list[Path]:
    """Those that were missing, the outermost first, each of the owner of the one around it. Raises FileUnusable."""
    made: list[Path] = []
    missing = [one for one in (directory, *directory.parents) if not os.path.lexists(one)]
    try:
        for one in reversed(missing):
            one.mkdir(DIRECTORY)
            made.append(one)
            standing = standing_in(one.parent)
            os.chown(one, standing.uid, standing.gid)
            sync_directory(one.parent)
    except OSError as error:
        remove_directories(made)
        raise unusable(
            directory, f"cannot be made: {error.strerror}.", "Give the worker's user the right to write there."
        ) from error
    return made


def remove_directories(directories: Sequence[Path]) -> None:
    """Those that are empty, the innermost first. What somebody put into one stays, and so does the directory."""
    for one in sorted(directories, key=lambda path: len(path.parts), reverse=True):
        try:
            one.rmdir()
        except OSError:
            continue
        sync_directory(one.parent)
