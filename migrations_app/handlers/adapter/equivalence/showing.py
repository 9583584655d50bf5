"""The project as the sandbox can show it."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from migrations_app.handlers.project.reading import PASSED_OVER

MOST_BYTES: Final = 500_000_000


@contextmanager
def readable(root: Path) -> Iterator[Path]:
    """The project itself, or a copy of it: where we are root, the user inside is another one and may not read what
    belongs to its owner alone. What is too large to copy is shown as it is."""
    if os.geteuid() != 0 or _is_open(root):
        yield root
        return
    with tempfile.TemporaryDirectory(prefix="snakeweb-project-") as folder:
        copy = Path(folder, root.resolve().name or "project")
        shutil.copytree(root, copy, symlinks=True, ignore=_left_out, ignore_dangling_symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else 0o644)
        yield copy


def _is_open(root: Path) -> bool:
    """Also True for what cannot be copied."""
    size, is_open = 0, _may(root, stat.S_IROTH | stat.S_IXOTH)
    for folder, folders, files in os.walk(root):
        folders[:] = [one for one in folders if not _is_left_out(one)]
        is_open = is_open and all(_may(Path(folder, one), stat.S_IROTH | stat.S_IXOTH) for one in folders)
        for one in files:
            path = Path(folder, one)
            is_open = is_open and _may(path, stat.S_IROTH)
            size += path.lstat().st_size
        if size > MOST_BYTES:
            return True
    return is_open


def _may(path: Path, bits: int) -> bool:
    status = path.lstat()
    return stat.S_ISLNK(status.st_mode) or status.st_mode & bits == bits


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Also pipes and sockets, which a copy would wait for."""
    return {
        one
        for one in names
        if _is_left_out(one)
        or stat.S_IFMT(Path(folder, one).lstat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
    }


def _is_left_out(name: str) -> bool:
    return name in PASSED_OVER or name.startswith(".")
