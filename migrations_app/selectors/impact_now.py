"""What runs do to their targets at this moment, for monitoring: figures by side and period, which name no target."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product
from statistics import median

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from migrations_app.engine.impact import Metric, Period, Reading, Sample, period_of, values_of
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import ImpactSample, Run
from migrations_app.selectors.impact import AFTER

_LIVE = [state for state in RunState if not state.is_final and state is not RunState.QUEUED]
_US = 1_000_000
ByLabels = Mapping[tuple[str, ...], float]


class Side(StrEnum):
    """`OTHER`: targets of any other role, such as the pool of an upgrade."""

    SOURCE = "source"
    TARGET = "target"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ImpactNow:
    """Of runs that are at work or ended within the last minute, by (side, period); 0 where nothing was told.

    Before a run it is the median of its readings, later the newest. Latency is the worst of all runs, in seconds;
    operations a second, bytes of memory and connections are their sums. `failed` counts targets whose newest reading
    failed, by side.
    """

    latency_seconds: ByLabels
    operations: ByLabels
    memory_bytes: ByLabels
    connections: ByLabels
    failed: ByLabels


def impact_now(*, now: datetime) -> ImpactNow:
    runs = {row.pk: row for row in Run.objects.filter(Q(state__in=_LIVE) | Q(ended_at__gt=now - AFTER))}
    rows = ImpactSample.objects.filter(run__in=runs).order_by("at", "pk")
    places = Window(RowNumber(), partition_by=["run", "role"], order_by=[F("at").desc(), F("pk").desc()])
    newest = _by_target(rows.annotate(place=places).filter(place__lte=2))  # two of a counter make a rate
    earlier = _by_target(rows.filter(at__lte=F("run__started_at")))
    told: dict[Metric, dict[tuple[str, ...], list[float]]] = {metric: defaultdict(list) for metric in Metric}
    failed: dict[tuple[str, ...], float] = {(side.value,): 0.0 for side in Side}
    for (run_id, role), samples in newest.items():
        side = _side(role)
        period = period_of(samples[-1].at, began=runs[run_id].started_at, ended=runs[run_id].ended_at)
        failed[side,] += bool(samples[-1].gap)
        for metric in Metric:
            before = [value for _, value in values_of(metric, earlier.get((run_id, role), ())) if value is not None]
            if before:
                told[metric][side, Period.BEFORE.value].append(median(before))
            value = values_of(metric, samples)[-1][1]
            if period is not Period.BEFORE and value is not None:
                told[metric][side, period.value].append(value)
    return ImpactNow(
        latency_seconds={labels: max(found, default=0) / _US for labels, found in _each(told[Metric.LATENCY])},
        operations={labels: sum(found) for labels, found in _each(told[Metric.OPERATIONS])},
        memory_bytes={labels: sum(found) for labels, found in _each(told[Metric.MEMORY])},
        connections={labels: sum(found) for labels, found in _each(told[Metric.CONNECTIONS])},
        failed=failed,
    )


def _by_target(rows: QuerySet[ImpactSample]) -> Mapping[tuple[int, str], Sequence[Sample]]:
    found: dict[tuple[int, str], list[Sample]] = defaultdict(list)
    for row in rows:
        told = Reading(row.latency_us, row.operations, row.memory_bytes, row.connections, row.processes, row.size_bytes)
        found[row.run_id, row.role].append(Sample(row.at, told, row.gap))
    return found


def _side(role: str) -> str:
    return role if role in (Side.SOURCE, Side.TARGET) else Side.OTHER.value


def _each(told: Mapping[tuple[str, ...], list[float]]) -> list[tuple[tuple[str, ...], list[float]]]:
    """Every combination there can be."""
    return [
        ((side, period), told.get((side, period), [])) for side, period in product(map(str, Side), map(str, Period))
    ]
