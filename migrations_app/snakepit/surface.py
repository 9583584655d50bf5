"""Which modules and functions each version of Snakepit has, in Elixir and in its Python package.

`surface.json` is read from the public tags (`tests/sources/tags.py` does it again): for each module the releases that
have it, and those of each of its names that came or went while the module stayed. Functions that macros generate are
not in it.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from migrations_app.snakepit.versions import RELEASES, Version


class Language(StrEnum):
    ELIXIR = "elixir"
    PYTHON = "python"


def is_known(language: Language, module: str) -> bool:
    """Whether any release has it."""
    return module in _surface()[language]


def has_module(language: Language, module: str, version: Version) -> bool:
    return module in _surface()[language] and _within(_surface()[language][module]["in"], version)


def releases_of(language: Language, module: str, name: str = "") -> str:
    """For people: `0.3.0 to 0.7.1, and from 0.7.4 on`. '' when nothing is known of the name."""
    entry = _surface()[language].get(module)
    having = entry and (entry["names"].get(name, "") if name else entry["in"])
    parts = [part.split("-") for part in having.split()] if having else []
    return ", and ".join(f"{since} to {until}" if until else f"from {since} on" for since, until in parts)


def lost_name(language: Language, module: str, name: str, *, origin: Version, to: Version) -> bool:
    """Whether the module stays but what it calls `name` (`execute/3`, `SessionContext.get_variable`) does not.

    False for names that came and went with their module: then the module is what is lost.
    """
    having = _surface()[language].get(module, {"names": {}})["names"].get(name)
    return having is not None and _within(having, origin) and not _within(having, to)


def names_lost(language: Language, module: str, *, origin: Version, to: Version) -> frozenset[str]:
    names = _surface()[language].get(module, {"names": {}})["names"]
    return frozenset(name for name, having in names.items() if _within(having, origin) and not _within(having, to))


def _within(ranges: str, version: Version) -> bool:
    for part in ranges.split():
        since, _, until = part.partition("-")
        if Version(since) <= version <= Version(until or RELEASES[-1]):
            return True
    return False


@cache
def _surface() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("migrations_app.snakepit").joinpath("surface.json").read_text()
    found: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return found
