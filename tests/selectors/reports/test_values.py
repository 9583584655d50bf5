from datetime import UTC, datetime

import pytest

from migrations_app.selectors.reports import values
from migrations_app.selectors.reports.model import Fact


def test_leaves_of_a_result_are_facts_and_secrets_are_hidden():
    told = {
        "a": {"b": 1, "list": [1, 2]},
        "rows": [{"x": None}, {"x": 2.5}],
        "ok": True,
        "password": "hunter2",
        "e": "",
    }
    assert values.facts(told) == (
        Fact("a.b", 1), Fact("a.list", "1, 2"), Fact("rows.2.x", 2.5), Fact("ok", True), Fact("password", "•••"),
    )  # fmt: skip
    assert values.facts({str(n): n for n in range(5)}, most=2) == (Fact("0", 0), Fact("1", 1), Fact("left_out", 3))


@pytest.mark.parametrize(
    ("value", "name", "shown"),
    [
        (1_500, "", "1,500"),
        (1_500, "pause_us", "1,500 µs"),
        (12, "copy.downtime", "12 ms"),
        (1_234_567, "bytes", "1,234,567 bytes"),
        (2.5, "", "2.5"),
        (False, "", "no"),
        (None, "", "–"),
        ("until 2026-03-01T12:00:00.123456+00:00", "", "until 2026-03-01 12:00:00.123456 UTC"),
    ],
)
def test_a_value_is_shown_whole_with_its_unit(value, name, shown):
    assert values.shown(value, name) == shown


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(345, "345 ms"), (12_345, "12.345 s"), (65_001, "1 min 5.001 s"), (3_725_001, "1 h 2 min 5.001 s")],
)
def test_a_duration_loses_no_millisecond(ms, shown):
    assert values.span(ms) == shown


@pytest.mark.parametrize(
    ("name", "left"),
    [("sample.shortest_left_ms", "sample.shortest_left"), ("bytes", "bytes"), ("pause._ms", "pause._ms"), ("ms", "ms")],
)
def test_a_unit_goes_from_a_name_where_something_is_left_of_it(name, left):
    assert values.without_unit(name) == left


def test_moments_and_counts():
    at = datetime(2026, 3, 1, 12, 0, 5, 678_901, tzinfo=UTC)
    assert (values.moment(at), values.clock(at), values.moment(None)) == (
        "2026-03-01 12:00:05 UTC",
        "12:00:05.678",
        "–",
    )
    assert (values.seconds(3_725), values.seconds(0), values.seconds(None)) == ("1 h 2 min 5 s", "0 s", "–")
    assert (values.counted(1, "retry", "retries"), values.counted(2_000, "step")) == ("1 retry", "2,000 steps")
