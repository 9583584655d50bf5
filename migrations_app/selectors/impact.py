"""What a run did to the stores that it worked on: readings of source and target before, during and after it.

For the run's page, the API and reports: `run_impact` has all of it, figures and the readings behind them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings

from migrations_app.engine.impact import (
    Figures,
    Metric,
    Period,
    Reading,
    Sample,
    by_period,
    metrics_of,
    not_told,
    values_of,
)
from migrations_app.engine.vocabulary import RunState, TargetKind
from migrations_app.models import ImpactSample, ImpactWatch, Run
from migrations_app.models.actor import Actor
from migrations_app.selectors.planned_targets import planned_kinds
from migrations_app.selectors.run_visibility import visible_run

AFTER = timedelta(seconds=60)  # so long a run's targets are read on
UNITS: Mapping[Metric, str] = {
    Metric.LATENCY: "µs",
    Metric.OPERATIONS: "a second",
    Metric.MEMORY: "bytes",
    Metric.CONNECTIONS: "connections",
    Metric.PROCESSES: "processes",
    Metric.SIZE: "bytes",
}
_FILES = (TargetKind.CONFIG_FILE, TargetKind.ADAPTER_PROJECT)


@dataclass(frozen=True, slots=True)
class ImpactValue:
    """`value` in the unit of its metric; None: nothing was told then."""

    at: datetime
    value: int | None


@dataclass(frozen=True, slots=True)
class MetricImpact:
    """`before`, `during`, `after`: median and 95th percentile, None without readings. `not_told`: why none."""

    metric: Metric
    unit: str
    before: Figures | None
    during: Figures | None
    after: Figures | None
    values: tuple[ImpactValue, ...]
    not_told: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Readings one after the other that failed, with the reason of the first."""

    since: datetime
    until: datetime
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class TargetImpact:
    role: str
    name: str
    kind: str
    metrics: tuple[MetricImpact, ...]
    gaps: tuple[Gap, ...]
    readings: int


@dataclass(frozen=True, slots=True)
class RunImpact:
    """`began` and `ended` are the run's, `begin` and `end` of the readings. `goes_on`: more are to come.

    `every_seconds`: how far apart they are; 0: sampling is switched off. `files`: names of targets that are files, of
    which there is nothing to read.
    """

    run_id: int
    began: datetime | None
    ended: datetime | None
    begin: datetime | None
    end: datetime | None
    goes_on: bool
    every_seconds: int
    targets: tuple[TargetImpact, ...]
    files: tuple[str, ...]

    @property
    def shows(self) -> bool:
        return bool(self.targets) and (self.goes_on or any(target.readings or target.gaps for target in self.targets))


def run_impact(*, actor: Actor, run_id: int, now: datetime) -> RunImpact:
    """Raises NotFound."""
    return impact_of(visible_run(actor, run_id), now=now)


def impact_of(run: Run, *, now: datetime) -> RunImpact:
    """Of a run that the reader may see; needs `run.revision`."""
    samples = _samples(run)
    planned = run.revision.content["targets"]
    kinds = planned_kinds(run.revision)
    enabled = settings.SNAKEWEB_MIGRATION.get("telemetry_enabled", True)
    every = round(float(settings.SNAKEWEB_IMPACT_SECONDS)) if enabled else 0
    watch = ImpactWatch.objects.filter(run=run).first()
    moments = [sample.at for listed in samples.values() for sample in listed]
    over = RunState(run.state).is_final and (run.ended_at is None or run.ended_at + AFTER <= now)
    return RunImpact(
        run_id=run.pk,
        began=run.started_at,
        ended=run.ended_at,
        begin=min(moments, default=None),
        end=max(moments, default=None),
        goes_on=every > 0 and not over,
        every_seconds=watch.every_seconds if watch else every,
        targets=tuple(
            _target(run, target["role"], target["name"], kinds[target["role"]], samples[target["role"]])
            for target in planned
            if target["kind"] not in _FILES
        ),
        files=tuple(target["name"] for target in planned if target["kind"] in _FILES),
    )


def _samples(run: Run) -> Mapping[str, list[Sample]]:
    """In order of time, by role."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for row in ImpactSample.objects.filter(run=run).order_by("at", "pk"):
        told = Reading(row.latency_us, row.operations, row.memory_bytes, row.connections, row.processes, row.size_bytes)
        found[row.role].append(Sample(row.at, told, row.gap))
    return found


def _target(run: Run, role: str, name: str, kind: str, samples: Sequence[Sample]) -> TargetImpact:
    return TargetImpact(
        role=role,
        name=name,
        kind=kind,
        metrics=tuple(_metric(run, metric, kind, samples) for metric in metrics_of(kind)),
        gaps=_gaps(samples),
        readings=sum(1 for sample in samples if not sample.gap),
    )


def _metric(run: Run, metric: Metric, kind: str, samples: Sequence[Sample]) -> MetricImpact:
    silent = not_told(kind).get(metric, "")
    values = [] if silent else values_of(metric, samples)
    figures = by_period(values, began=run.started_at, ended=run.ended_at)
    return MetricImpact(
        metric=metric,
        unit=UNITS[metric],
        before=figures[Period.BEFORE],
        during=figures[Period.DURING],
        after=figures[Period.AFTER],
        values=tuple(ImpactValue(at, value) for at, value in values),
        not_told=silent,
    )


def _gaps(samples: Sequence[Sample]) -> tuple[Gap, ...]:
    """Failed readings with nothing told between them are one gap."""
    found = []
    for failed, group in groupby(samples, key=lambda sample: bool(sample.gap)):
        missed = list(group)
        if failed:
            found.append(Gap(missed[0].at, missed[-1].at, len(missed), missed[0].gap))
    return tuple(found)
