"""Intervals as PostgreSQL writes them in ISO 8601: months, days and microseconds stay apart; 30 days are no month."""

import re
from decimal import Decimal

from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.times import ENDLESS

_WHOLE = r"(?:(?P<{}>[+-]?[0-9]+){})?"
_DURATION = re.compile(
    "P"
    + "".join(_WHOLE.format(*each) for each in (("years", "Y"), ("months", "M"), ("weeks", "W"), ("days", "D")))
    + "(?P<clock>T"
    + "".join(_WHOLE.format(*each) for each in (("hours", "H"), ("minutes", "M")))
    + r"(?:(?P<seconds>[+-]?[0-9]+(?:\.[0-9]+)?)S)?)?"
)


def interval_text(text: str) -> str:
    """Of an ISO 8601 duration with whole numbers, seconds apart."""
    if text in ENDLESS:
        return text
    match = _DURATION.fullmatch(text)
    if match is None or text in ("P", "PT") or match["clock"] == "T":
        raise NoSuchValue
    number = {name: int(value or 0) for name, value in match.groupdict().items() if name not in ("clock", "seconds")}
    micros = Decimal(match["seconds"] or 0) * 1_000_000
    if micros != micros.to_integral_value():
        raise NoSuchValue
    months = number["years"] * 12 + number["months"]
    days = number["weeks"] * 7 + number["days"]
    clock = (number["hours"] * 60 + number["minutes"]) * 60_000_000 + int(micros)
    if max(abs(months), abs(days)) >= 2**31 or abs(clock) >= 2**63:
        raise NoSuchValue
    return _written(months, days, clock)


def _written(months: int, days: int, micros: int) -> str:
    seconds, fraction = divmod(abs(micros), 1_000_000)
    sign = -1 if micros < 0 else 1
    date = [(_cut(months, 12), "Y"), (months - _cut(months, 12) * 12, "M"), (days, "D")]
    clock = [(sign * (seconds // 3600), "H"), (sign * (seconds // 60 % 60), "M")]
    text = "P" + "".join(f"{number}{unit}" for number, unit in date if number)
    hours = "".join(f"{number}{unit}" for number, unit in clock if number)
    if seconds % 60 or fraction:
        written = f"{seconds % 60}.{fraction:06d}".rstrip("0").rstrip(".")
        hours += f"{'-' if micros < 0 else ''}{written}S"
    if hours:
        return f"{text}T{hours}"
    return text if text != "P" else "PT0S"


def _cut(number: int, by: int) -> int:
    """Divided towards zero."""
    return abs(number) // by * (-1 if number < 0 else 1)
