"""Snakepit's versions: the public tags from 0.3 on, and how people write them."""

import difflib
from functools import total_ordering
from typing import Self

# 0.3.2, 0.3.3 and 0.4.1 stand in the changelog and were never tagged.
_PATCHES = {
    "0.3": (0, 1),
    "0.4": (0, 2, 3),
    "0.5": range(2),
    "0.6": range(12),
    "0.7": range(8),
    "0.8": range(10),
    "0.9": range(2),
    "0.10": range(2),
    "0.11": range(2),
    "0.12": range(1),
    "0.13": range(1),
}
RELEASES = [f"{series}.{patch}" for series, patches in _PATCHES.items() for patch in patches]


class UnknownVersion(ValueError):
    """There is no such version of Snakepit, or none that is known here."""


@total_ordering
class Version:
    """One release. Compares by number (0.6.10 is after 0.6.9); its text is `0.6.10`."""

    __slots__ = ("number",)

    def __init__(self, text: str) -> None:
        self.number = tuple(map(int, text.split(".")))

    @classmethod
    def named(cls, text: str) -> Self:
        """`0.8.9`, `v0.8.9`, or `0.8` for the newest release of it. Raises UnknownVersion, which names near ones."""
        wanted = text.strip().removeprefix("v")
        found = [release for release in RELEASES if release == wanted or release.startswith(f"{wanted}.")]
        if not found or not wanted:
            near = difflib.get_close_matches(wanted, RELEASES) or [RELEASES[0], RELEASES[-1]]
            raise UnknownVersion(f"There is no Snakepit {wanted or text!r}; known are, for example, {', '.join(near)}.")
        return cls(found[-1])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.number == other.number

    def __lt__(self, other: "Version") -> bool:
        return self.number < other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __str__(self) -> str:
        return ".".join(map(str, self.number))

    def __repr__(self) -> str:
        return f"Version({str(self)!r})"


def releases() -> tuple[Version, ...]:
    """Oldest first."""
    return tuple(map(Version, RELEASES))
