import pytest

from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.times import date_text, instant_text, time_text, timestamp_text


@pytest.mark.parametrize(
    ("read", "given", "text"),
    [
        (date_text, "0005-02-29 BC", "0005-02-29 BC"),
        (date_text, "5874897-12-31", "5874897-12-31"),
        (date_text, "-infinity", "-infinity"),
        (time_text, "09:30", "09:30:00"),
        (time_text, "24:00:00", "24:00:00"),
        (time_text, "09:30:00.500", "09:30:00.5"),
        (timestamp_text, "2020-01-01", "2020-01-01 00:00:00"),
        (timestamp_text, "2020-01-01T09:30:00.1200000", "2020-01-01 09:30:00.12"),
        (instant_text, "2020-01-01T00:30:00+0100", "2019-12-31 23:30:00+00"),
        (instant_text, "0001-01-01 00:30:00+01", "0001-12-31 23:30:00+00 BC"),
        (instant_text, "2020-02-28 23:30:00-05:30", "2020-02-29 05:00:00+00"),
        (instant_text, "9999-12-31 23:59:59.999999-01", "10000-01-01 00:59:59.999999+00"),
    ],
)
def test_times_are_written_as_postgresql_writes_them(read, given, text):
    assert read(given) == text
    assert read(text) == text


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (date_text, "2023-02-29"),
        (date_text, "1900-02-29"),
        (date_text, "0000-01-01"),
        (date_text, "2023-13-01"),
        (date_text, "2023-1-1"),
        (date_text, "4714-11-23 BC"),
        (date_text, "5874898-01-01"),
        (date_text, "2023-01-01 00:00:00"),
        (date_text, "today"),
        (time_text, "24:00:01"),
        (time_text, "23:60"),
        (timestamp_text, "2020-01-01 24:00:00"),
        (timestamp_text, "2020-01-01 09:30:00.1234567"),
        (timestamp_text, "2020-01-01 09:30:00Z"),
        (timestamp_text, "294277-01-01 00:00:00"),
        (instant_text, "2020-01-01 09:30:00"),
        (instant_text, "294276-12-31 23:30:00-01"),
        (instant_text, "2020-01-01 09:30:00+16"),
    ],
)
def test_what_is_no_such_time_is_refused(read, given):
    with pytest.raises(NoSuchValue):
        read(given)
