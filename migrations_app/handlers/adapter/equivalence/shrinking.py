"""Smaller arguments for the same difference: candidates in rounds, as each round costs one start of each side."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

ROUNDS: Final = 12
MOST_CANDIDATES: Final = 60
Differs = Callable[[Sequence[Any]], Sequence[bool]]


def shrink(arguments: dict[str, Any], differs: Differs) -> dict[str, Any]:
    """The smallest one found that still differs; `differs` judges a batch, each candidate by itself."""
    best = arguments
    for _ in range(ROUNDS):
        smaller = [one for one in _distinct(candidates(best)) if size(one) < size(best)]
        tried = sorted(smaller, key=size)[:MOST_CANDIDATES]
        better = [one for one, is_one in zip(tried, differs(tried), strict=True) if is_one] if tried else []
        if not better:
            break
        best = better[0]
    return best


def shrink_calls(calls: list[Any], differ: Callable[[Sequence[list[Any]]], Sequence[bool]]) -> list[Any]:
    """Of calls whose last one differs because of those before it: without as many of these as can be. `differ` judges
    a batch of lists, each in a process of its own."""
    best = calls
    last = calls[-1]
    for _ in range(ROUNDS):
        before = best[:-1]
        half = len(before) // 2
        tried = [[last, last], [before[0], last], [before[-1], last]] if len(before) > 1 else []
        if half:
            tried += [[*before[half:], last], [*before[:half], last]]
        tried += [
            [*before[:place], *before[place + 1 :], last] for place in range(min(len(before), 16)) if len(before) > 2
        ]
        tried = [one for one in tried if len(one) < len(best)]
        better = [one for one, is_one in zip(tried, differ(tried), strict=True) if is_one] if tried else []
        if not better:
            break
        best = min(better, key=len)
    return best


def size(value: Any) -> tuple[int, int, str]:
    """What is shorter to read is smaller; then what is nearer to zero."""
    text = json.dumps(value, sort_keys=True)
    return len(text), _weight(value), text


def candidates(value: Any) -> Iterator[Any]:
    """One step smaller each; the boldest first."""
    match value:
        case dict():
            yield from _dicts(value)
        case list():
            yield from _lists(value)
        case str():
            yield from ("", "a", value[: len(value) // 2], value[len(value) // 2 :], value[1:], value[:-1])
            if len(value) > 1:
                yield from ("a" * len(value), value[0])
        case bool():
            yield False
        case int() | float():
            yield from _numbers(value)


def _dicts(value: dict[str, Any]) -> Iterator[Any]:
    for key in value:
        yield {name: one for name, one in value.items() if name != key}
    for key, one in value.items():
        for smaller in candidates(one) if key != "__bytes__" else [""]:
            yield {**value, key: smaller}


def _lists(value: list[Any]) -> Iterator[Any]:
    yield []
    half = len(value) // 2
    if half:
        yield value[:half]
        yield value[half:]
    for place in range(min(len(value), 12)):
        yield [*value[:place], *value[place + 1 :]]
    for place, one in enumerate(value[:12]):
        for smaller in candidates(one):
            yield [*value[:place], smaller, *value[place + 1 :]]


def _numbers(value: float) -> Iterator[Any]:
    yield from (0, 1, 2)
    if isinstance(value, float):
        if not math.isfinite(value):
            return
        behind = math.modf(value)[0]
        yield from (0.0, 1.0, 0.5, float(math.trunc(value)), round(value, 1), round(value, 3), behind, round(behind, 3))
        if abs(value) < 1e15:
            yield int(value)
        yield value / 2
    else:
        yield from (value // 2, value - 1 if value > 0 else value + 1)
    yield -value


def _distinct(values: Iterator[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for one in values:
        text = json.dumps(one, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield one


def _weight(value: Any) -> int:
    """Kept small, and of numbers their size without the sign, which counts a little."""
    match value:
        case bool():
            return int(value)
        case int() | float():
            return min(int(abs(value) * 4), 10**9) * 2 + (value < 0) if math.isfinite(value) else 10**10
        case dict():
            return sum(map(_weight, value.values()))
        case list():
            return sum(map(_weight, value))
    return 0
