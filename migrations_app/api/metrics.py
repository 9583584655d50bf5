"""Snakeweb's metrics in the Prometheus text format: what they are called, and where each figure comes from.

`DECLARED` is the one place that names them; `docs/monitoring.md`, the alert rules and the dashboard in
`examples/monitoring/` are compared with it. Labels are members of enumerations alone, so their number is bounded.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from migrations_app.runtime.socket_clients import sockets
from migrations_app.selectors.monitoring import Figures, figures

Found = float | None | Mapping[tuple[str, ...], float]
PREFIX = "snakeweb_"
COUNTER = "_total"


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric. `name` without the prefix; one that ends with `_total` is a counter, every other a gauge.

    `read` gives its value, a value for each combination of labels, or None where there is nothing to tell.
    """

    name: str
    text: str
    read: Callable[[Figures], Found]
    labels: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return PREFIX + self.name

    @property
    def kind(self) -> str:
        return "counter" if self.name.endswith(COUNTER) else "gauge"

    def family(self, figures: Figures) -> Metric:
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = make(self.full_name, self.text, labels=self.labels)
        found = self.read(figures)
        if not isinstance(found, Mapping):
            found = {} if found is None else {(): float(found)}
        for values, number in found.items():
            family.add_metric(values, number)
        return family


DECLARED = (
    Declared(
        "build_info", "1; the label is Snakeweb's version.", lambda _: {(version("snakeweb"),): 1.0}, ("version",)
    ),
    Declared("runs", "Runs by kind and state.", lambda f: f.runs, ("kind", "state")),
    Declared("runs_started_total", "Runs that a worker has begun.", lambda f: f.runs_started, ("kind",)),
    Declared(
        "runs_with_mismatches",
        "Runs whose error is that the target did not hold what the source held.",
        lambda f: f.runs_with_mismatches,
    ),
    Declared("confirmations_waiting", "Runs that wait for a person's confirmation.", lambda f: f.confirmations_waiting),
    Declared("run_events_total", "Events in all journals.", lambda f: f.events),
    Declared("steps", "Steps of runs that have not ended, by state.", lambda f: f.steps, ("state",)),
    Declared("step_attempts_total", "Attempts at steps, first ones and further ones.", lambda f: f.step_attempts),
    Declared(
        "records_per_second",
        "Records that running steps moved a second, over the last minute.",
        lambda f: f.records_a_second,
    ),
    Declared("routes_with_two_stores", "Routes between two stores now.", lambda f: f.replication.routes),
    Declared(
        "routes_waiting_writes", "Routes in whose hand-off writes wait now.", lambda f: f.replication.waiting_writes
    ),
    Declared(
        "replication_lag_seconds",
        "From a write to its copy, 99th percentile, of the worst route.",
        lambda f: f.replication.lag_seconds,
    ),
    Declared(
        "replication_oldest_seconds",
        "How long the session that waits longest has waited to be copied.",
        lambda f: f.replication.oldest_seconds,
    ),
    Declared("replication_waiting", "Sessions that wait to be copied.", lambda f: f.replication.behind),
    Declared("replication_stuck", "Sessions that the other store cannot hold.", lambda f: f.replication.stuck),
    Declared(
        "mismatches",
        "Sessions that the last pass of each verifier found to differ.",
        lambda f: f.replication.mismatches,
    ),
    Declared("mismatches_regressed", "Of them, those that had been equal.", lambda f: f.replication.regressed),
    Declared(
        "impact_latency_seconds",
        "How slowly the worst target of a run answers.",
        lambda f: f.impact.latency_seconds,
        ("side", "period"),
    ),
    Declared(
        "impact_operations_per_second",
        "Operations a second at the targets of runs.",
        lambda f: f.impact.operations,
        ("side", "period"),
    ),
    Declared(
        "impact_memory_bytes",
        "Memory that the targets of runs use.",
        lambda f: f.impact.memory_bytes,
        ("side", "period"),
    ),
    Declared(
        "impact_connections",
        "Connections to the targets of runs.",
        lambda f: f.impact.connections,
        ("side", "period"),
    ),
    Declared(
        "impact_failed_readings",
        "Targets of runs that could not be read last.",
        lambda f: f.impact.failed,
        ("side",),
    ),
    Declared("migrations", "Migrations by status.", lambda f: f.migrations, ("status",)),
    Declared("migrations_needing_person", "Migrations that cannot go on by themselves.", lambda f: f.needs_person),
    Declared("reviews", "Migrations by the state of their review.", lambda f: f.reviews, ("state",)),
    Declared("approvals_waiting", "Plans that wait for signatures.", lambda f: f.reviews[("in_review",)]),
    Declared(
        "approval_oldest_seconds", "Since when the oldest of them has waited.", lambda f: f.approval_oldest_seconds
    ),
    Declared("targets", "Targets by kind.", lambda f: f.targets, ("kind",)),
    Declared(
        "outbox_waiting", "Work that is due and that no worker has taken up.", lambda f: f.outbox_waiting, ("queue",)
    ),
    Declared("outbox_oldest_seconds", "Age of the oldest of it.", lambda f: f.outbox_oldest_seconds),
    Declared("dispatcher_up", "1 while a dispatcher leads.", lambda f: f.dispatcher_leads),
    Declared("leases_due", "Runs and partitions that want a driver and have none.", lambda f: f.due_leases),
    Declared(
        "leases_lapsed", "Leases whose driver is silent and that nobody has taken over.", lambda f: f.lapsed_leases
    ),
    Declared("lease_takeovers_total", "Drivers that died and were replaced.", lambda f: f.takeovers),
    Declared(
        "lease_refusals_total", "Drivers that were refused because another one had their lease.", lambda f: f.refusals
    ),
    Declared("schedules_waiting", "Schedules that wait for their time.", lambda f: f.schedules_waiting),
    Declared(
        "schedules_unattended_seconds",
        "For how long nobody has attended to them; above 60 beat or workers are away.",
        lambda f: f.schedules_unattended_seconds,
    ),
    Declared("alerts", "Alerts that hold, by cause and state.", lambda f: f.alerts, ("cause", "state")),
    Declared("alerts_fired_total", "Times that an alert rule found its cause.", lambda f: f.alerts_fired, ("cause",)),
    Declared("webhooks", "Webhooks by state.", lambda f: f.webhooks, ("state",)),
    Declared(
        "deliveries",
        "Messages of the last 30 days by receiver and state.",
        lambda f: f.deliveries,
        ("receiver", "state"),
    ),
    Declared(
        "delivery_oldest_seconds",
        "Age of the oldest message that has not arrived.",
        lambda f: f.delivery_oldest_seconds,
    ),
    Declared("audit_entries_total", "Number of the newest entry of the audit chain.", lambda f: f.audit_entries),
    Declared("audit_sealed_entries", "Entries under a signed checkpoint.", lambda f: f.audit_sealed),
    Declared("audit_chain_ok", "1 when the last verification found the chain intact.", lambda f: f.audit_ok),
    Declared("audit_proof_age_seconds", "Time since the last verification.", lambda f: f.audit_proof_age_seconds),
    Declared("socket_clients", "Open sockets of this process.", lambda _: sockets.open),
)


def exposition(now: datetime) -> tuple[bytes, str]:
    """The text and its content type: what the database holds now, and `process_*` of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Current(figures(now=now)))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


class _Current(Collector):
    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        return (declared.family(self._found) for declared in DECLARED)
