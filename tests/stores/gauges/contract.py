"""What holds for the gauge of every kind of store."""

from dataclasses import asdict

from migrations_app.engine.impact import Metric, metrics_of, not_told
from migrations_app.engine.store_kinds import store_kind
from migrations_app.stores.gauges import open_gauge

COLUMNS = {
    Metric.LATENCY: "latency_us",
    Metric.OPERATIONS: "operations",
    Metric.MEMORY: "memory_bytes",
    Metric.CONNECTIONS: "connections",
    Metric.PROCESSES: "processes",
    Metric.SIZE: "size_bytes",
}


class GaugeContract:
    """Subclasses give `target`, a live one, and `busy`, which makes it do something."""

    def test_it_tells_what_its_kind_can_tell_and_nothing_else(self, target):
        with open_gauge(target) as gauge:
            told = {name for name, value in asdict(gauge.read()).items() if value is not None}

        kind = store_kind(target.config)
        assert told == {COLUMNS[metric] for metric in metrics_of(kind) if metric not in not_told(kind)}

    def test_readings_follow_what_happens_there(self, target, busy):
        with open_gauge(target) as gauge:
            first = gauge.read()
            busy()
        with open_gauge(target) as gauge:
            second = gauge.read()

        assert first.latency_us is not None
        assert second.latency_us is not None
        assert min(first.latency_us, second.latency_us) > 0
        if first.operations is not None:
            assert second.operations > first.operations
        else:
            assert (first.size_bytes is None) or second.size_bytes > first.size_bytes
