"""The files of a project, read within limits: no link is followed out of it, and nothing is opened for writing."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from migrations_app.engine.errors import InsufficientResources
from migrations_app.engine.plan import Target
from migrations_app.files.errors import FileUnusable, unusable
from migrations_app.files.reading import read_file, resolved
from migrations_app.handlers.project.target import directory_of

MEGABYTE: Final = 1024 * 1024
# What tools make of a project, and what belongs to others.
PASSED_OVER: Final = frozenset(
    {
        *("__pycache__", "_build", "build", "cover", "deps", "dist", "doc"),
        *("env", "node_modules", "site-packages", "venv"),
    }
)
TOO_MUCH: Final = "too_much"


class ProjectTooLarge(InsufficientResources):
    """The directory holds more than a project does; nothing was changed."""

    code = "project_too_large"
    recovery_actions = (
        "Check that the path names one project, and not a directory of many.",
        "Move what belongs to no project out of it.",
    )


@dataclass(frozen=True, slots=True)
class Limits:
    files: int = 20_000
    file_bytes: int = 2 * MEGABYTE
    all_bytes: int = 256 * MEGABYTE
    deep: int = 30


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A path below the root that was not read. `code` is stable for programs, `why` a sentence."""

    path: str
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """`files` by their path below the root, with slashes, in order."""

    files: Mapping[str, bytes]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over every path and content, and over what was left out, hex."""
        total = hashlib.sha256()
        for path in sorted(self.files):
            content = hashlib.sha256(self.files[path]).digest()
            total.update(len(path.encode()).to_bytes(4) + path.encode() + content)
        for one in self.left_out:
            total.update(repr(one).encode())
        return total.hexdigest()

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"files": len(self.files), "sha256": self.digest}


def project_root(target: Target) -> Path:
    """Links followed. Raises FileUnusable for a directory that is not there or not permitted."""
    return resolved(directory_of(target.config), target.roots)


def read_project(target: Target, wanted: Callable[[str], bool]) -> ProjectFiles:
    """As `read_directory`, of a target. Raises ProjectTooLarge instead of leaving the rest out."""
    root = project_root(target)
    found = read_directory(root, wanted)
    for one in found.left_out:
        if one.code == TOO_MUCH:
            raise ProjectTooLarge(f"{root}, {one.path}: {one.why} Nothing was changed.")
    return found


def read_directory(
    root: Path,
    wanted: Callable[[str], bool],
    limits: Limits = Limits(),
) -> ProjectFiles:
    """Every regular file whose path below `root` is `wanted`; hidden directories and those of tools are passed over.

    Raises FileUnusable when `root` is no directory. What cannot be read is left out.
    """
    if not root.is_dir():
        raise unusable(root, "is no directory.", "Name the directory of the project.")
    walk = _Walk(root, wanted, limits)
    files: dict[str, bytes] = {}
    total = 0
    for path in walk.files(root):
        if len(files) >= limits.files or total > limits.all_bytes:
            most = f"{limits.files:,} files or {limits.all_bytes // MEGABYTE} MB"
            walk.leave(path, TOO_MUCH, f"From here on nothing was read: the project has more than {most}.")
            break
        content = walk.read(path)
        if content is not None:
            files[walk.name_of(path)] = content
            total += len(content)
    return ProjectFiles(dict(sorted(files.items())), tuple(walk.left_out))


@dataclass(slots=True)
class _Walk:
    root: Path
    wanted: Callable[[str], bool]
    limits: Limits
    left_out: list[LeftOut] = field(default_factory=list)

    def files(self, directory: Path, depth: int = 0) -> Iterator[Path]:
        """In order of names, so that a limit cuts at the same place each time."""
        if depth > self.limits.deep:
            self.leave(directory, "too_deep", f"Directories deeper than {self.limits.deep} are not looked into.")
            return
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.leave(directory, "unread", f"The directory cannot be read: {error.strerror}.")
            return
        for entry in found:
            path = Path(entry.path)
            folder = os.path.isdir(path)  # of a link too; one that leads in circles is none
            if folder and (entry.name in PASSED_OVER or entry.name.startswith(".")):
                continue
            if not folder and not self.wanted(self.name_of(path)):
                continue
            if entry.is_symlink():
                self._link(path)
            elif folder:
                yield from self.files(path, depth + 1)
            else:
                yield path

    def read(self, path: Path) -> bytes | None:
        """None for a file that is left out."""
        if not _is_text(self.name_of(path)):
            self.leave(path, "unread", "Its name is no text.")
            return None
        try:
            content, _ = read_file(path)
        except FileUnusable as error:
            self.leave(path, "unread", str(error))
            return None
        if len(content) > self.limits.file_bytes:
            most = self.limits.file_bytes // MEGABYTE
            self.leave(path, "too_large", f"It has more than {most} MB and was not read.")
            return None
        return content

    def _link(self, path: Path) -> None:
        """One that stays in the project leads to what is looked at anyway."""
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root)):
            self.leave(path, "link_leaves", "The link leads out of the project and is not followed.")

    def leave(self, path: Path, code: str, why: str) -> None:
        name = self.name_of(path)
        self.left_out.append(LeftOut(name if _is_text(name) else ascii(name), code, why))

    def name_of(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _is_text(name: str) -> bool:
    """A file system permits bytes that are none."""
    return name == name.encode(errors="replace").decode()
