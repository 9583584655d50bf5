"""When an environment may be changed: maintenance windows that recur, and freezes.

A window opens at a local time of its zone and stays open for an elapsed time: three hours are three hours, on the day
that has 23 of them too. Where a change of the clocks matters, RFC 5545 (3.3.5) says which instant is meant: a local
time that is skipped is read with the offset before the change (02:30 becomes 03:30), one that comes twice is the first.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrations_app.engine import recurrence
from migrations_app.engine.errors import Problem
from migrations_app.engine.recurrence import Recurrence

LEAST_MINUTES = 5
MOST_MINUTES = 7 * 24 * 60
LOOK_AHEAD = timedelta(days=3660)
YEARS = range(2000, 2100)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_SLACK = timedelta(days=2)  # more than any two zones differ


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch in which changes are allowed: from `opens_at` on, before `closes_at`. Both are in UTC."""

    opens_at: datetime
    closes_at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Local starts: `first` is local time of the zone; without a rule there is that one only."""

    zone: ZoneInfo
    first: datetime
    rule: Recurrence | None = None

    def instants(self, *, after: datetime, before: datetime) -> list[datetime]:
        """Starts from `after` on and before `before`, in UTC and in order."""
        begins, ends = self._local(after) - _SLACK, self._local(before) + _SLACK
        if self.rule is None:
            found = [self.first]
        else:
            found = list(self.rule.starts(self.first, self.zone, after=begins, before=ends))
        instants = sorted({at.replace(tzinfo=self.zone, fold=0).astimezone(UTC) for at in found})
        return [at for at in instants if after <= at < before]

    def next(self, now: datetime) -> datetime | None:
        """The first start from `now` on; looks ten years ahead."""
        for days in (40, 400, LOOK_AHEAD.days):
            found = self.instants(after=now, before=now + timedelta(days=days))
            if found:
                return found[0]
        return None

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Window:
    """Openings of one length, in elapsed minutes."""

    name: str
    rhythm: Rhythm
    minutes: int

    def openings(self, *, after: datetime, before: datetime) -> list[Opening]:
        """Those that are open at some time from `after` on and before `before`."""
        length = timedelta(minutes=self.minutes)
        found = self.rhythm.instants(after=after - length, before=before)
        return [Opening(at, at + length, self.name) for at in found if at + length > after]


@dataclass(frozen=True, slots=True)
class Hours:
    """How an environment's windows stand now.

    `open_until` is None while all are closed; `opens_at` is None while one is open, and where none opens within ten
    years.
    """

    open_until: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FreezeFact:
    """Nothing may start until then. `where` is an environment, or “every environment”."""

    where: str
    until: datetime
    reason: str


def hours(windows: Sequence[Window], now: datetime) -> Hours | None:
    """None: the environment has no windows, so it is always open. Openings that touch are one."""
    if not windows:
        return None
    around = joined(each for window in windows for each in window.openings(after=now, before=now + timedelta(days=15)))
    open_now = next((each for each in around if each.opens_at <= now < each.closes_at), None)
    if open_now:
        return Hours(open_until=open_now.closes_at)
    found = [at for at in (window.rhythm.next(now) for window in windows) if at]
    return Hours(opens_at=min(found, default=None))


def joined(openings: Iterable[Opening]) -> list[Opening]:
    """In order; those that overlap or touch are one stretch with the names of both."""
    stretches: list[Opening] = []
    for each in sorted(openings, key=lambda opening: (opening.opens_at, opening.closes_at)):
        last = stretches[-1] if stretches else None
        if last is None or each.opens_at > last.closes_at:
            stretches.append(each)
            continue
        names = dict.fromkeys([*last.name.split(", "), each.name])
        stretches[-1] = Opening(last.opens_at, max(last.closes_at, each.closes_at), ", ".join(names))
    return stretches


def rhythm_of(*, zone: str, first: datetime, rule: str) -> tuple[Rhythm | None, list[Problem]]:
    """From what somebody gave: fields `zone`, `first` and `recurrence`. Every problem at once."""
    problems = []
    found_zone = _zone(zone)
    if found_zone is None:
        problems.append(
            Problem(
                "zone",
                f"“{zone[:40]}” is no time zone.",
                "Use a name such as Europe/Berlin or UTC.",
                "unknown",
            )
        )
    if first.year not in YEARS:
        fix = f"Use a year from {YEARS.start} to {YEARS.stop - 1}."
        problems.append(Problem("first", f"{first.year} is out of range.", fix, "out_of_range"))
    found_rule = None
    if rule:
        found_rule, more = recurrence.parse(rule, field="recurrence")
        problems += more
    if problems or found_zone is None:
        return None, problems
    rhythm = Rhythm(found_zone, first, found_rule)
    begins = first.replace(tzinfo=found_zone, fold=0).astimezone(UTC)
    if found_rule is not None and rhythm.next(begins - timedelta(days=1)) is None:
        problems.append(
            Problem(
                "recurrence",
                "This never occurs in the ten years after its first start.",
                "Look at the days, months and the end that it names.",
                "never",
            )
        )
    return (None if problems else rhythm), problems


def _zone(name: str) -> ZoneInfo | None:
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is no zone either
        return None
