from datetime import timedelta

from migrations_app.selectors.reports.measurements import GapReport, ImpactReport, MetricReport, PeriodReport, Point
from migrations_app.selectors.reports.plain import plain


def test_a_measurement_is_json_as_it_is(now):
    """The names are a promise to programs (`docs/run-report.schema.json`)."""
    metric = MetricReport(
        "latency", "Answer time", "µs", None, PeriodReport(2, 110, 120), None, (Point(now, 7), Point(now, None)), ""
    )
    gap = GapReport(now, now + timedelta(seconds=5), 2, "No answer.")
    told = plain(ImpactReport("source", "sessions", "redis", 2, (metric,), (gap,)))
    at = "2026-03-01T12:00:00.000000Z"
    assert told["metrics"] == [
        {
            "metric": "latency",
            "title": "Answer time",
            "unit": "µs",
            "before": None,
            "during": {"readings": 2, "median": 110, "p95": 120},
            "after": None,
            "values": [{"at": at, "value": 7}, {"at": at, "value": None}],
            "not_told": "",
        }
    ]
    assert told["gaps"] == [{"since": at, "until": "2026-03-01T12:00:05.000000Z", "count": 2, "why": "No answer."}]
