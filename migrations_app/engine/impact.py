"""What a run costs the stores that it works on: what is read of them, and how readings become figures.

A reading is a moment. Counters are read as they are and told as a rate, so that it does not matter who read before.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from statistics import median
from typing import Protocol

from migrations_app.engine.plan import Target

PROBES = 3  # questions of which a reading tells the median answer time
PERCENTILE = 0.95


class Metric(StrEnum):
    LATENCY = "latency"
    OPERATIONS = "operations"
    MEMORY = "memory"
    CONNECTIONS = "connections"
    PROCESSES = "processes"
    SIZE = "size"


class Period(StrEnum):
    """Of a run: until its first event, until its last one, and from then on."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Reading:
    """`latency_us`: the median of `PROBES` smallest questions, in microseconds. `operations`: all that the target has
    counted so far. None: this kind does not tell it."""

    latency_us: int | None = None
    operations: int | None = None
    memory_bytes: int | None = None
    connections: int | None = None
    processes: int | None = None
    size_bytes: int | None = None


class Gauge(Protocol):
    """Reads one target without changing it. `read` raises the engine's errors, as stores do."""

    def read(self) -> Reading: ...


def answered_us(ask: Callable[[], object]) -> int:
    """Median microseconds that a question took, of `PROBES`."""
    took = []
    for _ in range(PROBES):
        before = time.perf_counter_ns()
        ask()
        took.append((time.perf_counter_ns() - before) / 1000)
    return round(median(took))


class Gauges(Protocol):
    def __call__(self, target: Target) -> AbstractContextManager[Gauge]:
        """Connects at the first reading. Raises ValidationFailed for a configuration that is not usable."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading and when it was taken, or why none could be (`gap`)."""

    at: datetime
    reading: Reading
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one metric in one period, in its unit; `count` readings."""

    count: int
    median: int
    p95: int


_NO_SERVER = "a file has no server that would tell it"
_OPERATIONS_OF_A_NODE = "a node counts no operations"
_NO_SIZE = "its data is its memory"
_OF_POSTGRES = "PostgreSQL does not tell its memory over a connection"
_ONLY_ASKED = "it is only asked how fast it answers"
NOT_TOLD: Mapping[str, Mapping[Metric, str]] = {
    "redis": {Metric.SIZE: _NO_SIZE},
    "postgres": {Metric.MEMORY: _OF_POSTGRES},
    "sqlite": dict.fromkeys((Metric.OPERATIONS, Metric.MEMORY, Metric.CONNECTIONS), _NO_SERVER),
    "snapshot": dict.fromkeys((Metric.OPERATIONS, Metric.MEMORY, Metric.CONNECTIONS), _NO_SERVER),
    "beam": {Metric.OPERATIONS: _OPERATIONS_OF_A_NODE, Metric.SIZE: _NO_SIZE},
}
"""Kind of store -> what it cannot tell, and why. Any other kind is only asked how fast it answers."""
_REST = dict.fromkeys((Metric.OPERATIONS, Metric.MEMORY, Metric.CONNECTIONS, Metric.SIZE), _ONLY_ASKED)


def not_told(kind: str) -> Mapping[Metric, str]:
    return NOT_TOLD.get(kind, _REST)


def metrics_of(kind: str) -> tuple[Metric, ...]:
    """What is shown of a kind; processes are a matter of nodes alone."""
    return tuple(metric for metric in Metric if metric is not Metric.PROCESSES or kind == "beam")


Values = Sequence[tuple[datetime, int | None]]


def values_of(metric: Metric, samples: Sequence[Sample]) -> list[tuple[datetime, int | None]]:
    """In order of time: µs, operations a second, bytes or a number; None where it was not told."""
    if metric is Metric.OPERATIONS:
        return _rates(samples)
    return [(sample.at, _VALUE[metric](sample.reading)) for sample in samples]


def _rates(samples: Sequence[Sample]) -> list[tuple[datetime, int | None]]:
    """Since the reading before. A counter that fell began anew: the server was started again."""
    rates: list[tuple[datetime, int | None]] = []
    before: Sample | None = None
    for sample in samples:
        count = sample.reading.operations
        rate = None
        if before is not None and count is not None and before.reading.operations is not None:
            seconds, done = (sample.at - before.at).total_seconds(), count - before.reading.operations
            rate = round(done / seconds) if seconds > 0 and done >= 0 else None
        rates.append((sample.at, rate))
        before = sample if count is not None else before
    return rates


_VALUE = {
    Metric.LATENCY: lambda reading: reading.latency_us,
    Metric.MEMORY: lambda reading: reading.memory_bytes,
    Metric.CONNECTIONS: lambda reading: reading.connections,
    Metric.PROCESSES: lambda reading: reading.processes,
    Metric.SIZE: lambda reading: reading.size_bytes,
}


def period_of(at: datetime, *, began: datetime | None, ended: datetime | None) -> Period:
    if began is None or at <= began:
        return Period.BEFORE
    return Period.AFTER if ended is not None and at > ended else Period.DURING


def figures(values: Sequence[int]) -> Figures | None:
    """None without any. The percentile is the nearest rank: a value that was really read."""
    if not values:
        return None
    ranked = sorted(values)
    return Figures(len(ranked), round(median(ranked)), ranked[ceil(PERCENTILE * len(ranked)) - 1])


def by_period(values: Values, *, began: datetime | None, ended: datetime | None) -> Mapping[Period, Figures | None]:
    """The figures of one metric, period by period."""
    told: dict[Period, list[int]] = {period: [] for period in Period}
    for at, value in values:
        if value is not None:
            told[period_of(at, began=began, ended=ended)].append(value)
    return {period: figures(told[period]) for period in Period}
