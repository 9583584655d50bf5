import pytest

from migrations_app.stores.tables.texts.errors import NoSuchValue
from migrations_app.stores.tables.texts.numbers import (
    decimal_text,
    float_of_integer,
    float_of_text,
    float_text,
    integer_text,
    scaled_text,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        # Seen in PostgreSQL 18: digits exactly between two floats are none of its own.
        (1e23, "9.999999999999999e+22"),
        (2e23, "1.9999999999999998e+23"),
        (8.41e21, "8.409999999999999e+21"),
        (1e22, "1e+22"),
        (2.0**89, "6.189700196426902e+26"),
        (9007199254740992.0, "9.007199254740992e+15"),
        (-6649071746889672.0, "-6.649071746889672e+15"),
        (4.29389807633269e16, "4.2938980763326896e+16"),
        (2054969573658867.5, "2.0549695736588675e+15"),
        (999999999999999.0, "999999999999999"),
        (1e15, "1e+15"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (-0.0, "0"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_floats_are_written_as_postgresql_writes_them(number, text):
    assert float_text(number) == text


@pytest.mark.parametrize(
    ("written", "scaled", "plain"),
    [
        ("1.10", "1.10", "1.1"),
        ("1e3", "1000", "1000"),
        ("-0.00", "0.00", "0"),
        ("+.5", "0.5", "0.5"),
        ("0e5", "0", "0"),
    ],
)
def test_decimals_have_no_exponent(written, scaled, plain):
    assert (scaled_text(written), decimal_text(written)) == (scaled, plain)


@pytest.mark.parametrize("text", ["", "1,5", "0x1", "1e999999", "1e-99999", "²", "1_0", "NaN "])
def test_what_postgresql_does_not_hold_is_no_number(text):
    for read in (decimal_text, float_of_text) if text not in ("1e999999", "1e-99999") else (decimal_text,):
        with pytest.raises(NoSuchValue):
            read(text)


def test_integers_are_digits_alone():
    assert [integer_text(text) for text in ("007", "-0", "+5")] == ["7", "0", "5"]
    with pytest.raises(NoSuchValue):
        integer_text("5.0")


def test_an_integer_between_two_floats_is_none_of_them():
    assert float_of_integer(2**60) == 2.0**60
    for number in (2**53 + 1, 2**2000):
        with pytest.raises(NoSuchValue):
            float_of_integer(number)
