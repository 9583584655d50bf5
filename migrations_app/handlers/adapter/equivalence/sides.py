"""The two sides of a comparison, and both of them run at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from migrations_app.handlers.adapter.equivalence.running import PROJECT, Grounds, Ran, Run, Side, generic_side
from migrations_app.handlers.adapter.facts import Adapter


@dataclass(frozen=True, slots=True)
class Sides:
    grounds: Grounds
    custom: Side
    generic: Side

    def patient(self) -> "Sides":
        """With five times the time for a case."""
        return replace(self, grounds=replace(self.grounds, case_seconds=self.grounds.case_seconds * 5))

    def both(
        self, tool: tuple[str, str], cases: Sequence[Any], runs: Sequence[Run], functions: Sequence[str] = ()
    ) -> tuple[Ran, Ran]:
        """By the tool's name on each side. Traced runs are of the custom side alone. Raises SandboxMissing."""
        plain = [one for one in runs if not one.traced]
        with ThreadPoolExecutor(2) as threads:
            mine = threads.submit(self.grounds.run, self.custom, tool[0], cases, runs, functions)
            theirs = threads.submit(self.grounds.run, self.generic, tool[1], cases, plain)
            return mine.result(), theirs.result()


def inside_of(root: Path) -> Path:
    """Where the project stands inside: the same for all, but a directory that is a package keeps its name."""
    is_package = (root / "__init__.py").is_file() and root.resolve().name.isidentifier()
    return PROJECT / root.resolve().name if is_package else PROJECT


def sides_of(grounds: Grounds, adapter: Adapter) -> Sides:
    module, _, name = adapter.name.rpartition(".")
    file = PurePosixPath(adapter.lines.path)
    package = module.split(".")
    folders = [PurePosixPath(grounds.inside, one) for one in file.parents]
    top = folders[min(len(package) - 1, len(folders) - 1)]
    if grounds.inside != PROJECT and len(package) == len(file.parts):
        module = f"{grounds.inside.name}.{module}"
        folders.append(PurePosixPath(PROJECT))
        top = folders[-1]
    paths = tuple(dict.fromkeys(str(one) for one in (top, *folders)))
    return Sides(grounds, Side("custom", module, name, paths), generic_side(paths))
