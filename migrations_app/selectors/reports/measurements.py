"""What a report says of measurements: series over the run, and what its targets felt before, during and after it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Point:
    """`value` None: nothing was reported up to `at`."""

    at: datetime
    value: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured over the run. `usual` is the median before it began (None: unknown).

    `about` is who or what was measured: the run, the route, a target's name.
    """

    name: str
    about: str
    title: str
    unit: str
    points: tuple[Point, ...]
    usual: int | None = None


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """Readings of one metric in one period, in its unit: how many, their median, and the least that 95 % lie within."""

    readings: int
    median: int
    p95: int


@dataclass(frozen=True, slots=True)
class MetricReport:
    """Periods are None without readings; `values` are all of them, in order. `not_told`: why this kind tells none."""

    metric: str
    title: str
    unit: str
    before: PeriodReport | None
    during: PeriodReport | None
    after: PeriodReport | None
    values: tuple[Point, ...]
    not_told: str


@dataclass(frozen=True, slots=True)
class GapReport:
    """Readings one after the other that failed, with the reason of the first."""

    since: datetime
    until: datetime
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class ImpactReport:
    """One target, read before, during and until a minute after the run, whose own work there is part of it."""

    role: str
    name: str
    kind: str
    readings: int
    metrics: tuple[MetricReport, ...]
    gaps: tuple[GapReport, ...]
