"""Dates and times as PostgreSQL writes them (DateStyle ISO, UTC), with years beyond 9999, BC and infinity."""

import re

from migrations_app.stores.tables.texts.errors import NoSuchValue

ENDLESS = ("infinity", "-infinity")
_DATE = r"(?P<year>[0-9]{4,7})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_ONLY_DATE = re.compile(rf"{_DATE}(?P<bc> BC)?")
_ONLY_CLOCK = re.compile(_CLOCK)
_TIMESTAMP = re.compile(rf"{_DATE}(?:[ T]{_CLOCK})?(?P<bc> BC)?")
_INSTANT = re.compile(rf"{_DATE}[ T]{_CLOCK} ?{_ZONE}(?P<bc> BC)?")
_DAY = 86_400_000_000
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date_text(text: str) -> str:
    if text in ENDLESS:
        return text
    return _written_date(_days(_matched(_ONLY_DATE, text), last_year=5_874_897))


def time_text(text: str) -> str:
    micros = _micros(_matched(_ONLY_CLOCK, text), most_hours=24)
    return _written_clock(micros)


def timestamp_text(text: str) -> str:
    """A date alone is its midnight."""
    if text in ENDLESS:
        return text
    match = _matched(_TIMESTAMP, text)
    return _written(_days(match), _micros(match), "")


def instant_text(text: str) -> str:
    """In UTC. A text without a zone could be any of a day's instants, so it is none."""
    if text in ENDLESS:
        return text
    match = _matched(_INSTANT, text)
    days, micros = divmod(_days(match) * _DAY + _micros(match) - _offset(match["zone"]), _DAY)
    return _written(_checked(days, 294_276), micros, "+00")


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise NoSuchValue
    return match


def _days(match: re.Match[str], *, last_year: int = 294_276) -> int:
    """Days since 1970-01-01, in the Gregorian calendar for all time."""
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not year or not 1 <= month <= 12:
        raise NoSuchValue
    year = 1 - year if match["bc"] else year
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTHS[month - 1] + leap:
        raise NoSuchValue
    return _checked(_days_of(year, month, day), last_year)


def _checked(days: int, last_year: int) -> int:
    """Raises for what PostgreSQL cannot hold: its days begin with 4714-11-24 BC."""
    if not _days_of(-4713, 11, 24) <= days <= _days_of(last_year, 12, 31):
        raise NoSuchValue
    return days


def _days_of(year: int, month: int, day: int) -> int:
    """Years begin in March here, so that the leap day is the last one."""
    year -= month < 3
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719_468


def _written_date(days: int) -> str:
    """`_days_of` the other way round."""
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    day_of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month, day = (shifted + 2) % 12 + 1, day_of_year - (153 * shifted + 2) // 5 + 1
    year = era * 400 + year_of_era + (month < 3)
    return f"{year:04d}-{month:02d}-{day:02d}" if year > 0 else f"{1 - year:04d}-{month:02d}-{day:02d} BC"


def _micros(match: re.Match[str], *, most_hours: int = 23) -> int:
    """Of the day. More than six digits of a second are none that PostgreSQL can hold, unless they are zeros."""
    hour, minute, second = int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0)
    fraction = (match["fraction"] or "").rstrip("0")
    micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + int(fraction.ljust(6, "0") or 0)
    if len(fraction) > 6 or minute > 59 or second > 59 or hour > most_hours or micros > _DAY:
        raise NoSuchValue
    return micros


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        raise NoSuchValue
    return (hours * 60 + minutes) * 60_000_000 * (-1 if zone[0] == "-" else 1)


def _written_clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{clock}.{fraction:06d}".rstrip("0") if fraction else clock


def _written(days: int, micros: int, zone: str) -> str:
    date, before_christ, _ = _written_date(days).partition(" BC")
    return f"{date} {_written_clock(micros)}{zone}{before_christ}"
