"""Snakeweb's gauges in the Prometheus text format."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from migrations_app.selectors.gauges import Gauges, gauges

Labelled = Iterable[tuple[tuple[str, ...], float]]


def exposition(now: datetime) -> tuple[bytes, str]:
    """The text and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Current(gauges(now=now)))
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


class _Current(Collector):
    def __init__(self, numbers: Gauges) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        n = self._numbers
        yield _family("runs", "Runs by kind and state.", ("kind", "state"), (((k, s), c) for k, s, c in n.runs))
        yield _family("migrations", "Migrations by status.", ("status",), (((s,), c) for s, c in n.migrations))
        yield _family("targets", "Targets by kind.", ("kind",), (((k,), c) for k, c in n.targets))
        yield _one("migrations_needing_a_person", "Migrations that cannot go on by themselves.", n.needs_person)
        yield _one("run_events", "Events in all journals.", n.events)
        yield _one("outbox_waiting", "Outbox rows that no worker has taken up.", n.outbox_waiting)
        yield _one("outbox_oldest_seconds", "Age of the oldest of them.", n.outbox_oldest_seconds)
        yield _one("lapsed_leases", "Leases of live runs that nobody renews.", n.lapsed_leases)
        yield _one("schedules_waiting", "Schedules that wait for their time.", n.schedules_waiting)
        yield _one(
            "schedules_unattended_seconds",
            "For how long nobody has attended to them; above 60 beat or workers are away.",
            n.schedules_unattended_seconds,
        )
        yield _one("audit_entries", "Entries in the audit chain.", n.audit_entries)
        yield _one("audit_chain_ok", "1 when the last verification found the chain intact.", n.audit_ok)
        yield _one("audit_proof_age_seconds", "Time since the last verification.", n.audit_proof_age_seconds)


def _family(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = GaugeMetricFamily(f"snakeweb_{name}", text, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family


def _one(name: str, text: str, value: float | None) -> Metric:
    """A gauge without a value is described and left out."""
    return _family(name, text, (), () if value is None else (((), float(value)),))
