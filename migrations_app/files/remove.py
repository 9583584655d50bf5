"""Removing a file that is as it was expected, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

from migrations_app.files.aside import Aside, refused, sync_directory
from migrations_app.files.errors import unusable
from migrations_app.files.reading import placed, read_unchanged
from migrations_app.files.standing import standing_of


class Removed:
    """A file that is going to be removed; whoever else would change it waits. Used as `Staged` of files that are
    replaced. `original` and `standing` are what it takes to bring it back."""

    def __init__(self, path: Path, *, expected_sha256: str, roots: Sequence[Path] | None = None) -> None:
        self.real = placed(path, roots)
        self._expected = expected_sha256
        self.original, about = read_unchanged(self.real, self._expected)
        if about.st_nlink > 1:
            raise unusable(
                self.real,
                f"has {about.st_nlink} names (hard links), and would come back as another file.",
                "Make the other names symbolic links to this file.",
            )
        self.standing = standing_of(self.real, about)
        self._aside = Aside(self.real)

    def commit(self) -> None:
        """Raises FileChanged when the file is no longer as it was. A write between the last look and the removal is not
        noticed: that window is one system call long."""
        read_unchanged(self.real, self._expected)
        try:
            self.real.unlink()
        except OSError as error:
            raise refused(self.real, error) from error
        self._aside.discard()
        sync_directory(self.real.parent)

    def discard(self) -> None:
        """Let others change it. Safe to call twice."""
        self._aside.discard()
