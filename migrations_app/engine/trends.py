"""What became of runs over time, for planning capacity: durations, throughput and how many failed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from statistics import median

from migrations_app.engine.vocabulary import RunState

MIXED = "records"  # the unit of figures over sessions and rows alike


class Span(StrEnum):
    """How far back, in periods of equal length: 30 days, 13 weeks, 13 times four weeks."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def periods(self) -> int:
        return 30 if self is Span.MONTH else 13

    @property
    def days(self) -> int:
        """Of one period."""
        return {Span.MONTH: 1, Span.QUARTER: 7, Span.YEAR: 28}[self]


class Outcome(StrEnum):
    """`stopped`: cancelled or rolled back by a person, with nothing wrong. It is no failure, and no success."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"


def outcome_of(state: RunState, *, has_error: bool) -> Outcome:
    """A run that undid itself has an error; one that a person took back has none."""
    if state is RunState.SUCCEEDED:
        return Outcome.SUCCEEDED
    if has_error or state in (RunState.FAILED, RunState.STUCK):
        return Outcome.FAILED
    return Outcome.STOPPED


@dataclass(frozen=True, slots=True)
class EndedRun:
    """`seconds`: from its start to its end, waits included. `records` went through its busiest step in
    `moving_seconds`; 0 of a run that moved none."""

    ended_at: datetime
    outcome: Outcome
    seconds: float
    stores: str = ""
    type: str = ""
    environment: str = ""
    records: int = 0
    moving_seconds: float = 0
    unit: str = ""

    @property
    def per_second(self) -> float | None:
        return self.records / self.moving_seconds if self.records and self.moving_seconds > 0 else None


@dataclass(frozen=True, slots=True)
class TrendFigures:
    """Times and throughput are of runs that succeeded, in whole seconds and records a second; None without one.

    `within_seconds`: nine in ten took no longer. `failure_percent`: of all that ended, those stopped by a person too.
    """

    runs: int
    succeeded: int
    failed: int
    failure_percent: int | None
    median_seconds: int | None
    within_seconds: int | None
    records_per_second: int | None
    unit: str


@dataclass(frozen=True, slots=True)
class TrendPeriod:
    """From `begin` to just before `end`."""

    begin: datetime
    end: datetime
    figures: TrendFigures


@dataclass(frozen=True, slots=True)
class TrendGroup:
    """Runs of one type between stores of one pair in one environment. `durations`: median seconds, period by period."""

    stores: str
    type: str
    environment: str
    figures: TrendFigures
    durations: tuple[int | None, ...]


def beginnings(span: Span, now: datetime) -> tuple[datetime, ...]:
    """Of each period, oldest first; the last one ends with today, at midnight in UTC."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tuple(end - timedelta(days=span.days * number) for number in range(span.periods, 0, -1))


def periods_of(runs: Sequence[EndedRun], span: Span, now: datetime) -> tuple[TrendPeriod, ...]:
    begins = beginnings(span, now)
    found: dict[int, list[EndedRun]] = defaultdict(list)
    for run in runs:
        found[(run.ended_at - begins[0]).days // span.days].append(run)
    length = timedelta(days=span.days)
    return tuple(TrendPeriod(begin, begin + length, figures_of(found[number])) for number, begin in enumerate(begins))


def groups_of(runs: Sequence[EndedRun], span: Span, now: datetime) -> tuple[TrendGroup, ...]:
    """Those with most runs first."""
    found: dict[tuple[str, str, str], list[EndedRun]] = defaultdict(list)
    for run in runs:
        found[run.stores, run.type, run.environment].append(run)
    return tuple(
        TrendGroup(
            *named, figures_of(alike), tuple(each.figures.median_seconds for each in periods_of(alike, span, now))
        )
        for named, alike in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def figures_of(runs: Sequence[EndedRun]) -> TrendFigures:
    failed = sum(run.outcome is Outcome.FAILED for run in runs)
    good = [run for run in runs if run.outcome is Outcome.SUCCEEDED]
    took = sorted(run.seconds for run in good)
    rates = [rate for run in good if (rate := run.per_second) is not None]
    return TrendFigures(
        runs=len(runs),
        succeeded=len(good),
        failed=failed,
        failure_percent=round(100 * failed / len(runs)) if runs else None,
        median_seconds=round(median(took)) if took else None,
        within_seconds=round(took[ceil(0.9 * len(took)) - 1]) if took else None,
        records_per_second=round(median(rates)) if rates else None,
        unit=_unit(run.unit for run in good if run.records),
    )


def _unit(units: Iterable[str]) -> str:
    found = set(units)
    return found.pop() if len(found) == 1 else MIXED if found else ""
