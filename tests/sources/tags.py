"""Reads the public tags of Snakepit again: which modules and functions each version has, in Elixir and in Python.

    python -m tests.sources.tags GIT_DIRECTORY > migrations_app/snakepit/surface.json

Run it when Snakepit has a new version, after the version's number was added to `migrations_app/snakepit/versions.py`.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from migrations_app.snakepit.versions import RELEASES
from migrations_app.sources.elixir import read as read_elixir
from migrations_app.sources.python import read as read_python


def main(repository: str) -> None:
    surface = {"elixir": between(repository, elixir), "python": between(repository, python)}
    json.dump(surface, sys.stdout, indent=0, separators=(",", ":"))
    sys.stdout.write("\n")


def between(repository: str, language: Callable[[str, str], Iterator[tuple[str, Iterable[str]]]]) -> dict[str, Any]:
    """Module -> the releases that have it, and those of each of its names that came or went without it."""
    modules: dict[str, set[str]] = {}
    names: dict[str, dict[str, set[str]]] = {}
    for release in RELEASES:
        for module, having in language(repository, release):
            modules.setdefault(module, set()).add(release)
            for name in having:
                names.setdefault(module, {}).setdefault(name, set()).add(release)
    return {
        module: {
            "in": ranges(having),
            "names": {name: ranges(found) for name, found in sorted(names.get(module, {}).items()) if found != having},
        }
        for module, having in sorted(modules.items())
    }


def elixir(repository: str, release: str) -> Iterator[tuple[str, Iterable[str]]]:
    for _, content in files(repository, release, "lib", ".ex"):
        for module in read_elixir(content).modules:
            if module.name.partition(".")[0] in ("Snakepit", "Mix"):
                yield (
                    module.name,
                    [
                        f"{f.name}/{arity}"
                        for f in module.functions
                        for arity in f.arities
                        if not f.name.startswith("_")
                    ],
                )


def python(repository: str, release: str) -> Iterator[tuple[str, Iterable[str]]]:
    for path, content in files(repository, release, "priv/python/snakepit_bridge", ".py"):
        source = read_python(content)
        module = path.removeprefix("priv/python/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        methods = [f"{one.name}.{method}" for one in source.classes for method in one.methods]
        names = [*source.functions, *(one.name for one in source.classes), *methods]
        yield module, [name for name in names if not name.rpartition(".")[2].startswith("_")]


def files(repository: str, release: str, folder: str, suffix: str) -> Iterator[tuple[str, bytes]]:
    for name in git(repository, "ls-tree", "-r", "--name-only", f"v{release}", folder).decode().splitlines():
        if name.endswith(suffix):
            yield name, git(repository, "show", f"v{release}:{name}")


def ranges(having: Iterable[str]) -> str:
    """`0.3.0-0.7.1 0.7.4-`: from one release to another, an open end at the newest."""
    present = set(having)
    parts: list[str] = []
    began = ""
    for before, release in zip(["", *RELEASES], [*RELEASES, ""], strict=True):
        if release in present and not began:
            began = release
        elif release not in present and began:
            parts.append(f"{began}-{before if release else ''}")
            began = ""
    return " ".join(parts)


def git(repository: str, *words: str) -> bytes:
    return subprocess.run(["git", "--git-dir", repository, *words], check=True, capture_output=True).stdout


if __name__ == "__main__":
    main(sys.argv[1])
