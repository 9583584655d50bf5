"""How much of the custom functions the cases reached, as the runner counted it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.handlers.adapter.facts import Lines


@dataclass(frozen=True, slots=True)
class Coverage:
    """`untaken` are the lines of branches of which one way was never taken."""

    lines_reached: int = 0
    lines: int = 0
    branches_reached: int = 0
    branches: int = 0
    missed: tuple[Lines, ...] = ()
    untaken: tuple[Lines, ...] = ()

    @property
    def open(self) -> str:
        """What was not reached, as a sentence; '' where all was."""
        if not self.lines:
            return "How much of its code the cases reached is not known."
        said = []
        if self.branches_reached < self.branches:
            places = ", ".join(map(str, self.untaken[:5]))
            said.append(f"{self.branches_reached} of {self.branches} branches were reached; look at {places}.")
        if self.lines_reached < self.lines:
            said.append(f"Lines that no case reached: {', '.join(map(str, self.missed[:5]))}.")
        return " ".join(said)


def coverage(reached: Iterable[Mapping[str, Any]]) -> Coverage:
    """Of all processes of the traced run together. Nothing is known where it is not what the runner writes: the code
    that is measured could have written it."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    try:
        for one in reached:
            for name in ("lines", "lines_reached", "branches", "branches_reached"):
                found.setdefault(name, set()).update((str(path), int(line), *more) for path, line, *more in one[name])
    except (KeyError, TypeError, ValueError):
        return Coverage()
    if not found:
        return Coverage()
    lines, branches = found["lines"] & found["lines_reached"], found["branches"] & found["branches_reached"]
    return Coverage(
        len(lines),
        len(found["lines"]),
        len(branches),
        len(found["branches"]),
        _joined((path, line) for path, line, *_ in found["lines"] - lines),
        _joined((path, line) for path, line, *_ in found["branches"] - branches),
    )


def _joined(lines: Iterable[tuple[str, int]]) -> tuple[Lines, ...]:
    """Lines that follow each other as one."""
    found: list[Lines] = []
    for path, line in sorted(set(lines)):
        last = found[-1] if found else None
        if last and last.path == path and last.last + 1 == line:
            found[-1] = Lines(path, last.first, line)
        else:
            found.append(Lines(path, line, line))
    return tuple(found)
