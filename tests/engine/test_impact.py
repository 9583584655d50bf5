from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.impact import (
    Figures,
    Metric,
    Period,
    Reading,
    Sample,
    answered_us,
    by_period,
    figures,
    metrics_of,
    not_told,
    period_of,
    values_of,
)

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def counted(*counts: int | None) -> list[Sample]:
    """Two seconds apart."""
    return [Sample(at(2 * number), Reading(operations=count)) for number, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "rates"),
    [
        ((100, 300, 320), [None, 100, 10]),
        ((100,), [None]),
        ((100, 20, 40), [None, None, 10]),  # the server was started again
        ((100, None, 500), [None, None, 100]),  # over the gap
        ((None, None), [None, None]),
        ((5, 5), [None, 0]),
    ],
)
def test_a_counter_is_told_as_a_rate_since_the_reading_before(counts, rates):
    assert [value for _, value in values_of(Metric.OPERATIONS, counted(*counts))] == rates


def test_other_metrics_are_what_was_read():
    samples = [Sample(at(0), Reading(700, 1, 2, 3, 4, 5)), Sample(at(5), Reading(), "gone")]

    for metric, value in ((Metric.LATENCY, 700), (Metric.MEMORY, 2), (Metric.CONNECTIONS, 3), (Metric.SIZE, 5)):
        assert values_of(metric, samples) == [(at(0), value), (at(5), None)]


def test_the_percentile_is_a_value_that_was_read():
    assert figures([]) is None
    assert figures([7]) == Figures(1, 7, 7)
    assert figures(list(range(1, 101))) == Figures(100, 50, 95)
    assert figures([1, 1, 1, 90]) == Figures(4, 1, 90)


def test_what_is_before_the_first_event_and_after_the_last_is_not_during():
    began, ended = at(10), at(20)
    values = [(at(second), second) for second in (5, 10, 11, 20, 21)]

    found = by_period(values, began=began, ended=ended)

    assert {period: figure and figure.count for period, figure in found.items()} == {
        Period.BEFORE: 2,
        Period.DURING: 2,
        Period.AFTER: 1,
    }
    assert period_of(at(99), began=None, ended=None) is Period.BEFORE
    assert period_of(at(99), began=began, ended=None) is Period.DURING


def test_every_kind_tells_its_latency_and_says_why_it_cannot_tell_the_rest():
    for kind in ("redis", "postgres", "sqlite", "snapshot", "beam", "mysql", "http"):
        assert Metric.LATENCY not in not_told(kind)
        assert all(not_told(kind).values())
    assert Metric.PROCESSES in metrics_of("beam")
    assert Metric.PROCESSES not in metrics_of("redis")


def test_an_answer_is_timed_in_microseconds():
    assert 0 <= answered_us(lambda: None) < 1_000_000
