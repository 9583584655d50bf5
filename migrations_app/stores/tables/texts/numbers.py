"""Numbers: integers and decimals in plain digits, floats as PostgreSQL's shortest round trip."""

import math
import re
from decimal import Decimal
from fractions import Fraction

from migrations_app.stores.tables.texts.errors import NoSuchValue

NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
# A numeric of PostgreSQL has at most so many digits before and after its point.
_DIGITS_BEFORE, _DIGITS_AFTER = 131_072, 16_383
_EXACT = 2**53
# An integer of SQLite, and a bigint, which is PostgreSQL's longest.
_LEAST, _GREATEST = -(2**63), 2**63 - 1
_DIGITS_OF_GREATEST = len(str(_GREATEST))


def integer_text(number: str) -> str:
    """Of digits, without a plus and without zeros in front. Raises where both databases have no integer of them."""
    if not _INTEGER.fullmatch(number):
        raise NoSuchValue
    digits = number.lstrip("+-").lstrip("0") or "0"
    text = f"-{digits}" if number.startswith("-") and digits != "0" else digits
    if len(digits) >= _DIGITS_OF_GREATEST and not _LEAST <= Decimal(text) <= _GREATEST:
        raise NoSuchValue
    return text


def decimal_text(number: str) -> str:
    """Without exponent and without zeros at the end of the fraction, as `trim_scale` of PostgreSQL."""
    if number in NOT_FINITE:
        return number
    plain = scaled_text(number)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def scaled_text(number: str) -> str:
    """Without exponent; zeros at the end of the fraction stay, as in a numeric of PostgreSQL."""
    if not _NUMBER.fullmatch(number):
        raise NoSuchValue
    value = Decimal(number)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or value.adjusted() >= _DIGITS_BEFORE or -exponent > _DIGITS_AFTER:
        raise NoSuchValue
    if not any(digits):
        return "0." + "0" * -exponent if exponent < 0 else "0"
    return ("-" if sign else "") + format(value.copy_abs(), "f")


def float_text(number: float) -> str:
    """PostgreSQL's text of a double precision: the fewest digits that lie strictly nearer to it than to its neighbours.

    Python also takes digits that lie exactly between two; that is possible from 2**53 to 10**40 only.
    """
    if number == 0:
        return "0"
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if 1e-4 <= abs(number) < 1e15:
        text = repr(number)
        return text.removesuffix(".0")
    return _with_exponent(_strictly_nearest(number) if _EXACT <= abs(number) < 1e40 else repr(number))


def float_of_text(text: str) -> float:
    if text in NOT_FINITE or _NUMBER.fullmatch(text):
        return float(text)
    raise NoSuchValue


def float_of_integer(number: int) -> float:
    """The very number; raises where it lies between two floats."""
    if abs(number) > _EXACT and (abs(number) >= 2**1023 or int(float(number)) != number):
        raise NoSuchValue
    return float(number)


def _strictly_nearest(number: float) -> str:
    text = repr(number)
    if not _between(number, Fraction(text)):
        return text
    digits = len(text.partition("e")[0].strip("-0.").replace(".", ""))
    longer = (f"{number:.{more}e}" for more in range(digits - 1, 16))
    fits = (each for each in longer if float(each) == number and not _between(number, Fraction(each)))
    return next(fits, f"{number:.16e}")


def _between(number: float, written: Fraction) -> bool:
    """Whether the written number lies exactly between this float and one of its neighbours."""
    off = written - Fraction(number)
    if not off:
        return False
    neighbour = math.nextafter(number, math.inf if off > 0 else -math.inf)
    return abs(off) * 2 == abs(Fraction(neighbour) - Fraction(number))


def _with_exponent(text: str) -> str:
    """A text of Python in PostgreSQL's form: an exponent of two digits at least, no zeros that say nothing."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - a finite number has one
    written = "".join(map(str, digits)).rstrip("0")
    power = exponent + len(digits) - 1
    mantissa = written[0] + ("." + written[1:] if len(written) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
