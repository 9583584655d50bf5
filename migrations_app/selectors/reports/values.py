"""JSON values as a list of facts, and facts as text: always the whole number, never a rounded one."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from migrations_app.engine.hiding import redact
from migrations_app.selectors.reports.model import Fact, Scalar

MOST = 400  # facts of one step; what is more is counted in one
LONGEST = 2_000  # characters of one value
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(?:\+00:00|Z)")
_UNITS = (("_ms", "ms"), ("_us", "µs"), ("_seconds", "s"), ("_bytes", "bytes"), ("_percent", "%"))
_UNIT_OF = {"downtime": "ms", "bytes": "bytes", "timeout": "ms", "backup_retention": "days"}
UNKNOWN = "–"


def facts(values: Mapping[str, Any], *, most: int = MOST) -> tuple[Fact, ...]:
    """Each leaf by its dotted path, without secrets; a list of plain values is one; what is empty says nothing."""
    found: list[Fact] = []
    left_out = 0
    for fact in _leaves(redact(values), ""):
        if len(found) < most:
            found.append(fact)
        else:
            left_out += 1
    return (*found, Fact("left_out", left_out)) if left_out else tuple(found)


def _leaves(value: Any, path: str) -> Iterator[Fact]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        if any(isinstance(item, Mapping | list | tuple) for item in value):
            for number, item in enumerate(value, 1):
                yield from _leaves(item, f"{path}.{number}")
        elif value:
            yield Fact(
                path, ", ".join(shown(item) if isinstance(item, bool) else str(item) for item in value)[:LONGEST]
            )
    elif isinstance(value, str):
        if value:
            yield Fact(path, value[:LONGEST])
    elif value is not None:
        yield Fact(path, value)


def shown(value: Scalar, name: str = "") -> str:
    """`1500` -> `1,500`; with the unit that the name says: `pause_us` -> `1,500 µs`."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _MOMENT.sub(lambda found: f"{found[1]} {found[2]}{found[3] or ''} UTC", value)
    unit = unit_of(name)
    return f"{number(value)} {unit}" if unit else number(value)


def unit_of(name: str) -> str:
    last = name.rpartition(".")[2]
    return _UNIT_OF.get(last) or next((unit for ending, unit in _UNITS if last.endswith(ending)), "")


def without_unit(name: str) -> str:
    """`settle_ms` -> `settle`, where the value is written with its unit; of `bytes` alone something must be left."""
    left = next((name.removesuffix(ending) for ending, _ in _UNITS if name.endswith(ending)), name)
    return name if left.endswith(".") else left


def number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else repr(value)


def span(milliseconds: int | None) -> str:
    """`12345` -> `12.345 s`, `3725001` -> `1 h 2 min 5.001 s`: to the millisecond, however long."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds = f"{rest // 1_000}.{rest % 1_000:03} s"
    if not minutes:
        return seconds
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min {seconds}" if hours else f"{minutes} min {seconds}"


def seconds(whole: int | None) -> str:
    """`200` -> `3 min 20 s`, exactly."""
    if whole is None:
        return UNKNOWN
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{amount:,} {unit}" for amount, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if amount]
    return " ".join(parts) or "0 s"


def moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else UNKNOWN


def clock(at: datetime | None) -> str:
    """The time of a day, to the millisecond."""
    return f"{at.astimezone(UTC):%H:%M:%S}.{at.microsecond // 1000:03}" if at else UNKNOWN


def counted(amount: int, one: str, many: str = "") -> str:
    """`1 step`, `2,000 steps`."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"
