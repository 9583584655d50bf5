"""Recurrence rules of RFC 5545 (3.3.10): on which days something happens that always begins at one time of day.

A part of the standard: FREQ from DAILY to YEARLY, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, WKST.
Every search has an end that its caller gives, so that a rule which never occurs costs no more than one that does.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from migrations_app.engine.errors import Problem

MOST_TEXT = 200
MOST_INTERVAL = 366
MOST_COUNT = 1000
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(T\d{6}(Z?))?")


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`by_day` holds (ordinal, weekday), Monday is 0, ordinal 0 is every one. `until` without a zone is local time."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: int = 0

    def starts(self, first: datetime, zone: ZoneInfo, *, after: datetime, before: datetime) -> Iterator[datetime]:
        """Local times of occurrences from `after` on and before `before`, in order; none is earlier than `first`.

        All four are local times of the zone. `first` itself occurs only where the rule says so.
        """
        number = 0 if self.count else self._period_of(first.date(), after.date())
        seen = 0
        while True:
            begins, days = self._period(first.date(), number)
            if begins > before.date():
                return
            for day in self._chosen(days, first.date()):
                at = datetime.combine(day, first.time())
                seen += at >= first
                if self._over(at, zone, seen):
                    return
                if at >= first and after <= at < before:
                    yield at
            number += 1

    def _over(self, at: datetime, zone: ZoneInfo, seen: int) -> bool:
        if self.count is not None and seen > self.count:
            return True
        if self.until is None:
            return False
        return (at.replace(tzinfo=zone).astimezone(UTC) if self.until.tzinfo else at) > self.until

    def _period_of(self, first: date, wanted: date) -> int:
        """Number of a period that is not later than the one of `wanted`."""
        days = max(0, (wanted - first).days)
        length = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.MONTHLY: 31, Frequency.YEARLY: 366}
        return max(0, days // (length[self.frequency] * self.interval) - 1)

    def _period(self, first: date, number: int) -> tuple[date, list[date]]:
        """The first day of the period and all its days."""
        skipped = number * self.interval
        if self.frequency is Frequency.DAILY:
            begins, length = first + timedelta(days=skipped), 1
        elif self.frequency is Frequency.WEEKLY:
            begins = first - timedelta(days=(first.weekday() - self.week_start) % 7) + timedelta(weeks=skipped)
            length = 7
        elif self.frequency is Frequency.MONTHLY:
            year, month = divmod(first.year * 12 + first.month - 1 + skipped, 12)
            begins = date(year, month + 1, 1)
            length = calendar.monthrange(year, month + 1)[1]
        else:
            begins = date(first.year + skipped, 1, 1)
            length = 366 if calendar.isleap(begins.year) else 365
        return begins, [begins + timedelta(days=n) for n in range(length)]

    def _chosen(self, days: list[date], first: date) -> list[date]:
        kept = [day for day in days if self._fits(day, first)]
        if not self.by_set_position:
            return kept
        places = {at - 1 if at > 0 else len(kept) + at for at in self.by_set_position}
        return [day for place, day in enumerate(kept) if place in places]

    def _fits(self, day: date, first: date) -> bool:
        by_month, by_month_day, by_day = self.by_month, self.by_month_day, self.by_day
        if not by_month_day and not by_day:  # what the rule leaves open is as in the first occurrence
            if self.frequency is Frequency.YEARLY:
                by_month = by_month or (first.month,)
            if self.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
                by_month_day = (first.day,)
            if self.frequency is Frequency.WEEKLY:
                by_day = ((0, first.weekday()),)
        length = calendar.monthrange(day.year, day.month)[1]
        return (
            (not by_month or day.month in by_month)
            and (not by_month_day or day.day in by_month_day or day.day - length - 1 in by_month_day)
            and (not by_day or any(self._is_weekday(day, *wanted) for wanted in by_day))
        )

    def _is_weekday(self, day: date, ordinal: int, weekday: int) -> bool:
        if day.weekday() != weekday:
            return False
        if not ordinal:
            return True
        if self.frequency is Frequency.YEARLY and not self.by_month:
            place, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
        else:
            place, length = day.day, calendar.monthrange(day.year, day.month)[1]
        return ordinal in ((place - 1) // 7 + 1, -((length - place) // 7 + 1))


def parse(text: str, *, field: str) -> tuple[Recurrence | None, list[Problem]]:
    """The rule, or every problem of it. `RRULE:` in front and small letters are taken as well."""
    clean = text.strip().upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    problems = []
    for part in clean.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            problems.append(
                Problem(field, f"“{part}” is not NAME=VALUE.", "Such as FREQ=WEEKLY;BYDAY=SA.", "not_a_rule")
            )
        elif name in parts:
            problems.append(Problem(field, f"{name} is given twice.", "Give it once.", "twice"))
        elif name not in _READERS and name != "FREQ":
            problems.append(_unknown(field, name))
        else:
            parts[name] = value
    frequency = parts.pop("FREQ", "")
    if frequency not in Frequency.__members__:
        problems.append(_no_frequency(field, frequency))
    if problems:
        return None, problems
    values: dict[str, object] = {}
    for name, value in parts.items():
        keyword, reader, wanted = _READERS[name]
        try:
            values[keyword] = reader(value)
        except ValueError:
            problems.append(Problem(field, f"{name}={value} cannot be read.", f"Give {wanted}.", "not_a_rule"))
    if problems:
        return None, problems
    rule = Recurrence(Frequency(frequency), **values)  # type: ignore[arg-type]
    problems = list(_contradictions(rule, field))
    return (None, problems) if problems else (rule, [])


def _unknown(field: str, name: str) -> Problem:
    known = ", ".join(("FREQ", *_READERS))
    if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        return Problem(field, f"{name} is not taken here.", "The first start gives the time of day.", "unsupported")
    return Problem(field, f"{name[:20]} is not taken here.", f"Use {known}.", "unsupported")


def _no_frequency(field: str, given: str) -> Problem:
    if given in ("SECONDLY", "MINUTELY", "HOURLY"):
        return Problem(field, f"{given} is too often.", "Use DAILY, WEEKLY, MONTHLY or YEARLY.", "too_often")
    return Problem(field, "The rule does not say how often.", "Begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")


def _contradictions(rule: Recurrence, field: str) -> Iterator[Problem]:
    if rule.count is not None and rule.until is not None:
        yield Problem(field, "COUNT and UNTIL are both given.", "Keep one of them.", "contradiction")
    if rule.by_month_day and rule.frequency is Frequency.WEEKLY:
        yield Problem(field, "A week has no days of the month.", "Use BYDAY, or FREQ=MONTHLY.", "contradiction")
    if rule.frequency in (Frequency.DAILY, Frequency.WEEKLY) and any(ordinal for ordinal, _ in rule.by_day):
        yield Problem(
            field, "A number before a weekday needs a month or a year.", "Use FREQ=MONTHLY for 1SA.", "contradiction"
        )
    if rule.by_set_position and not (rule.by_day or rule.by_month_day or rule.by_month):
        yield Problem(field, "BYSETPOS chooses among days that nothing names.", "Add BYDAY.", "contradiction")


def _one(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,4}", value) or not least <= int(value) <= most:
            raise ValueError
        return int(value)

    return read


def _several(least: int, most: int) -> Callable[[str], tuple[int, ...]]:
    one = _one(least, most)

    def read(value: str) -> tuple[int, ...]:
        numbers = tuple(sorted({one(each) for each in value.split(",")}))
        if 0 in numbers:
            raise ValueError
        return numbers

    return read


def _days(value: str) -> tuple[tuple[int, int], ...]:
    found = [_DAY.fullmatch(each) for each in value.split(",")]
    days = [(int(each[1] or 0), WEEKDAYS.index(each[2])) for each in found if each]
    if len(days) != len(found) or any(abs(ordinal) > 53 for ordinal, _ in days) or "0" in re.findall(r"\b\d+", value):
        raise ValueError
    return tuple(days)


def _until(value: str) -> datetime:
    found = _UNTIL.fullmatch(value)
    if not found:
        raise ValueError
    if not found[2]:
        return datetime.strptime(f"{found[1]}235959", "%Y%m%d%H%M%S")  # noqa: DTZ007 - local time, that whole day
    at = datetime.strptime(found[1] + found[2].removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local time
    return at.replace(tzinfo=UTC) if found[3] else at


_READERS: Mapping[str, tuple[str, Callable[[str], object], str]] = {
    "INTERVAL": ("interval", _one(1, MOST_INTERVAL), f"a number from 1 to {MOST_INTERVAL}"),
    "COUNT": ("count", _one(1, MOST_COUNT), f"a number from 1 to {MOST_COUNT}"),
    "UNTIL": ("until", _until, "a day such as 20271231, or a time such as 20271231T220000Z"),
    "BYMONTH": ("by_month", _several(1, 12), "months from 1 to 12, such as 3,9"),
    "BYMONTHDAY": ("by_month_day", _several(-31, 31), "days from 1 to 31, or -1 for the last"),
    "BYDAY": ("by_day", _days, "weekdays such as MO,TH, or 2SA for the second Saturday"),
    "BYSETPOS": ("by_set_position", _several(-366, 366), "places such as 1 or -1"),
    "WKST": ("week_start", WEEKDAYS.index, "a weekday such as MO"),
}
