"""The files of a project: which of them are looked at, within which limits, and what is said of the others."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from migrations_app.files.errors import FileUnusable, unusable
from migrations_app.files.reading import read_file
from migrations_app.handlers.adapter.facts import Finding, Lines

# Not the project's own code: environments, caches, what tools built or fetched.
SKIPPED: Final = frozenset(
    {"__pycache__", "node_modules", "_build", "deps", "build", "dist", "venv", "env", "site-packages"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    files: int = 5_000
    file_bytes: int = 2 * 1024 * 1024
    all_bytes: int = 64 * 1024 * 1024
    deep: int = 30


@dataclass(frozen=True, slots=True)
class Directory:
    """`python` and `requirements` map a path below the root (with `/`) to its content, sorted."""

    python: dict[str, bytes]
    requirements: dict[str, bytes]
    findings: tuple[Finding, ...]

    @property
    def digest(self) -> str:
        """Of every path and content, and of what could not be read."""
        digest = hashlib.sha256()
        for path, content in sorted((self.python | self.requirements).items()):
            digest.update(b"%d:%s%s" % (len(path.encode()), path.encode(), hashlib.sha256(content).digest()))
        for finding in self.findings:
            digest.update(repr(finding).encode())
        return digest.hexdigest()


@dataclass(slots=True)
class _Walk:
    root: Path
    limits: Limits
    findings: list[Finding] = field(default_factory=list)

    def files(self, directory: Path, depth: int = 0) -> Iterator[Path]:
        if depth > self.limits.deep:
            self.say("too_deep", f"Directories deeper than {self.limits.deep} are not looked into.", directory)
            return
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.say("unread", f"The directory cannot be read: {error.strerror}.", directory)
            return
        for entry in found:
            path = Path(entry.path)
            if entry.is_symlink():
                self.link(path)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED and not entry.name.startswith("."):
                    yield from self.files(path, depth + 1)
            elif _wanted(entry.name):
                yield path

    def link(self, path: Path) -> None:
        """One that stays in the project leads to what is looked at anyway."""
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root)):
            self.say("link_leaves", "The link leads out of the project and is not followed.", path)

    def say(self, code: str, message: str, path: Path) -> None:
        place = Lines(path.relative_to(self.root).as_posix(), 1, 1)
        self.findings.append(Finding(code, message, "What it holds is not part of this analysis.", place))


def read_directory(root: Path, limits: Limits = Limits()) -> Directory:
    """Raises FileUnusable when `root` is no directory that can be read. Files that cannot be read are findings."""
    if not root.is_dir():
        raise unusable(root, "is no directory.", "Name the directory that holds the adapters.")
    walk = _Walk(root, limits)
    python: dict[str, bytes] = {}
    requirements: dict[str, bytes] = {}
    total = 0
    for path in walk.files(root):
        if len(python) + len(requirements) >= limits.files or total > limits.all_bytes:
            most = f"{limits.files:,} files or {limits.all_bytes // 1024 // 1024} MB"
            walk.say("too_much", f"From here on nothing was read: the project has more than {most}.", path)
            break
        name = path.relative_to(root).as_posix()
        try:
            name.encode()
            content, _ = read_file(path)
        except UnicodeEncodeError:
            walk.findings.append(Finding("unread", "Its name is no text.", "Rename it.", Lines(ascii(name), 1, 1)))
            continue
        except FileUnusable as error:
            walk.say("unread", str(error), path)
            continue
        if len(content) > limits.file_bytes:
            walk.say("too_large", f"It has more than {limits.file_bytes // 1024 // 1024} MB and was not read.", path)
            continue
        total += len(content)
        (python if name.endswith(".py") else requirements)[name] = content
    return Directory(dict(sorted(python.items())), dict(sorted(requirements.items())), tuple(walk.findings))


def _wanted(name: str) -> bool:
    return (
        name.endswith(".py") or name == "pyproject.toml" or (name.startswith("requirements") and name.endswith(".txt"))
    )
