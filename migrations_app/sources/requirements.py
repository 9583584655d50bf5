"""What a project allows of Snakepit and of Python packages: `mix.exs` requirements, and pins of `requirements*.txt`."""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from migrations_app.snakepit.versions import Version

_PART = re.compile(r"\s*(~>|>=|<=|==|!=|>|<)?\s*v?(\d+(?:\.\d+){0,2})\s*$")


def mix_allows(requirement: str, version: Version) -> bool | None:
    """As Elixir's `Version.match?`: `~> 0.8.9` is from 0.8.9 on below 0.9, `~> 0.8` below 1.0. None: not understood."""
    met = [_and_met(either, version) for either in requirement.split(" or ")]
    return None if None in met else any(met)


def _and_met(requirement: str, version: Version) -> bool | None:
    met = [_met(part, version) for part in requirement.split(" and ")]
    return None if None in met else all(met)


def _met(part: str, version: Version) -> bool | None:
    found = _PART.match(part)
    if found is None:
        return None
    operator, text = found.group(1) or "==", found.group(2)
    numbers = [int(number) for number in text.split(".")]
    wanted = tuple([*numbers, 0, 0][:3])
    if operator == "~>":
        if len(numbers) < 2:
            return None
        upper = (*numbers[:-2], numbers[-2] + 1)
        return wanted <= version.number < tuple([*upper, 0, 0][:3])
    return {
        "==": version.number == wanted,
        "!=": version.number != wanted,
        ">=": version.number >= wanted,
        "<=": version.number <= wanted,
        ">": version.number > wanted,
        "<": version.number < wanted,
    }[operator]


def pinned_below(content: str, package: str, least: str) -> Iterator[tuple[int, str]]:
    """Lines (from 1) of a requirements file that keep the package from being at least `least`, and their text."""
    for number, line in enumerate(content.splitlines(), 1):
        try:
            requirement = Requirement(line.split("#", 1)[0].split(" --", 1)[0].strip())
        except InvalidRequirement:
            continue
        if requirement.name.lower() == package and not requirement.specifier.contains(least):
            newest = [one for one in requirement.specifier if one.operator in ("==", "<", "<=", "~=", "===")]
            if newest:
                yield number, line.strip()
