"""Where something stands in a source file."""

from dataclasses import dataclass


class SourceTooDeep(ValueError):
    """The code is nested deeper than it can be read; nothing is known of the file."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """`line` counts from 1. `start` and `end` in bytes: of the file for Elixir, of the line for Python."""

    line: int
    start: int
    end: int
