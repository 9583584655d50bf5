from datetime import UTC, datetime

import pytest

from migrations_app.web.local_times import local_time, recurrence, utc_time


@pytest.mark.parametrize("text", ["", "soon", "2027-13-01T00:00", "2027-01-01T02:00+01:00", "2027-01-01T02:00Z"])
def test_what_is_no_local_time_is_none(text):
    assert local_time(text) is None
    assert utc_time(text) is None


def test_a_local_time_has_no_zone_and_a_time_in_utc_has_that():
    assert local_time(" 2027-01-31T02:00 ") == datetime.fromisoformat("2027-01-31T02:00")
    assert utc_time("2027-01-31T02:00") == datetime(2027, 1, 31, 2, tzinfo=UTC)


def test_a_rule_of_ones_own_goes_before_a_chosen_one():
    assert recurrence({"repeats": "FREQ=DAILY", "rule": " FREQ=YEARLY "}) == "FREQ=YEARLY"
    assert recurrence({"repeats": "FREQ=DAILY", "rule": ""}) == "FREQ=DAILY"
    assert recurrence({}) == ""
