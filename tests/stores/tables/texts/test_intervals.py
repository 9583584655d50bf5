import pytest

from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.intervals import interval_text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("P1Y2M-3DT-4H5M6.5S", "P1Y2M-3DT-3H-54M-53.5S"),
        ("P14M", "P1Y2M"),
        ("P-1Y1M", "P-11M"),
        ("P2W", "P14D"),
        ("PT90M", "PT1H30M"),
        ("PT-0.000001S", "PT-0.000001S"),
        ("P0D", "PT0S"),
        ("P30D", "P30D"),
        ("infinity", "infinity"),
    ],
)
def test_intervals_are_written_as_postgresql_writes_them(given, text):
    assert interval_text(given) == text
    assert interval_text(text) == text


@pytest.mark.parametrize("given", ["", "P", "PT", "P1DT", "1 day", "P1.5D", "PT0.0000001S", "P99999999999D", "PT1S1M"])
def test_what_is_no_interval_is_refused(given):
    with pytest.raises(NoSuchValue):
        interval_text(given)
