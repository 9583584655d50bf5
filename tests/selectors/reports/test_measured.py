from datetime import timedelta

from migrations_app.selectors.reports.measured import series_of
from migrations_app.selectors.run_charts import Curve, Reading, RunCharts
from migrations_app.selectors.throughput import Sample, Throughput


def test_what_was_measured_becomes_series_and_what_was_not_none(now):
    later = now + timedelta(seconds=5)
    rate = Throughput("copy", "rows", (Sample(later, 1_200),))
    charts = RunCharts(1, True, now, later, rate, Curve((Reading(later, 7), Reading(later, None)), 3), Curve(()))
    found = series_of(charts)
    assert [(each.name, each.unit, [point.value for point in each.points], each.usual) for each in found] == [
        ("rate", "rows a second", [1_200], None),
        ("relay_lag", "ms", [7, None], 3),
    ]
    assert series_of(RunCharts(1, True, now, later, None, None, None)) == ()
