"""The files of a project, read with limits: no link is followed out of it, and nothing is opened for writing."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import InsufficientResources, ValidationFailed
from migrations_app.engine.plan import Target
from migrations_app.files.errors import FileUnusable
from migrations_app.files.reading import read_file, resolved
from migrations_app.handlers.project.target import directory_of

MOST_FILES = 20_000
MOST_BYTES = 500 * 1024 * 1024
# What tools make of a project, and what belongs to others.
PASSED_OVER = frozenset(
    {"_build", "deps", "node_modules", "__pycache__", "site-packages", "venv", "build", "dist", "cover", "doc"}
)


class ProjectTooLarge(InsufficientResources):
    """The directory holds more than a project does; nothing was changed."""

    code = "project_too_large"
    recovery_actions = (
        "Check that the path names one project, and not a directory of many.",
        "Move what belongs to no project out of it.",
    )


@dataclass(frozen=True, slots=True)
class Project:
    """`files` by their path in it, with slashes. `left_out`: why a file is missing, by path."""

    files: Mapping[str, bytes]
    left_out: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over every path and content, hex."""
        total = hashlib.sha256()
        for path in sorted(self.files):
            content = hashlib.sha256(self.files[path]).digest()
            total.update(len(path.encode()).to_bytes(4) + path.encode() + content)
        return total.hexdigest()

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"files": len(self.files), "sha256": self.digest}


def read_project(target: Target, wanted: Callable[[str], bool]) -> Project:
    """Every regular file whose path in the project is `wanted`; hidden directories and those of tools are passed over.

    Raises FileUnusable for a directory that is not there or not permitted, and ProjectTooLarge.
    """
    root = resolved(directory_of(target.config), target.roots)
    if not root.is_dir():
        raise ValidationFailed(f"{root} is no directory. Name the directory of the project.")
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    total = 0
    for path in _walk(root):
        name = path.relative_to(root).as_posix()
        if not wanted(name):
            continue
        if len(files) + len(left_out) == MOST_FILES:
            raise ProjectTooLarge(f"{root} holds more than {MOST_FILES:,} source files; nothing was changed.")
        if name != name.encode(errors="replace").decode():
            left_out[ascii(name)] = "its name is no text"
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            left_out[name] = "it is a link that leads out of the project"
            continue
        try:
            files[name] = read_file(path.resolve())[0]
        except FileUnusable as error:
            left_out[name] = error.message
            continue
        total += len(files[name])
        if total > MOST_BYTES:
            raise ProjectTooLarge(f"{root} holds more than {MOST_BYTES // 1024 // 1024} MB of source files.")
    return Project(files, left_out)


def _walk(root: Path) -> Iterator[Path]:
    """In order of names, so that a limit cuts at the same place each time."""
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in PASSED_OVER)
        for name in sorted(names):
            yield Path(directory, name)
