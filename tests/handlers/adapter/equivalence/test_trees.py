import datetime
import decimal
import enum
import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from migrations_app.handlers.adapter.equivalence.inside.encoding import encode
from migrations_app.handlers.adapter.equivalence.report import Tolerance
from migrations_app.handlers.adapter.equivalence.trees import parts


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: float
    y: list = field(default_factory=list)
    _own: int = 0


NAMES = pd.Series([1.0, 2.0], name="a")
EQUAL = [
    (1.0, 1.0 + 1e-12),
    (float("nan"), float("nan")),
    (math.inf, math.inf),
    (0.0, -0.0),
    (1 + 1e-13j, 1 + 0j),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"é", "a", 3}, {3, "a", "é"}),
    (np.array([1.0, np.nan]), np.array([1.0 + 1e-12, np.nan])),
    (np.array([1.0], dtype="float32"), np.array([1.0 + 2e-7], dtype="float32")),
    (np.float32(1.0), np.float32(1.0000001)),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]})),
    (pd.DataFrame({"a": [1.0, None]}), pd.DataFrame({"a": [1.0 + 1e-13, None]})),
    (pd.Series([pd.NaT, pd.Timestamp("2024-01-01")]), pd.Series([pd.NaT, pd.Timestamp("2024-01-01")])),
    (Point(1.0), Point(1.0 + 1e-13, _own=3)),
    (np.ma.masked_array([1, 2], [True, False]), np.ma.masked_array([1, 2], [True, False])),
]
PARTED = [
    (1, True, "int and bool: 1 and True"),
    (1, 1.0, "int and float: 1 and 1.0"),
    ([1], (1,), "list and tuple: [1] and (1,)"),
    (1.0, 1.0 + 1e-6, "1.0 and 1.000001"),
    (0.0, math.nan, "0.0 and nan"),
    ("a", "b", "'a' and 'b'"),
    (b"a", bytearray(b"a"), "b'a' and bytearray(b'a')"),
    ([1, [2, 3]], [1, [2, 4]], "[1][1]: 3 and 4"),
    ([1], [1, 2], "1 items and 2"),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, "['a']['b']: 1 and 2"),
    ({"a": 1}, {}, "['a']: only custom has it"),
    ({}, {1: 1}, "[1]: only generic has it"),
    ({1, 2}, {1, 3}, "[1]: 2 and 3"),
    ({1}, frozenset({1}), "set and frozenset"),
    (np.array([1, 2]), [1, 2], "array and list"),
    (np.array([1, 2]), np.array([1.0, 2.0]), ".dtype: int64 and float64"),
    (np.array([1, 2]), np.array([[1, 2]]), ".shape: [2] and [1, 2]"),
    (np.array([1.0, 2.0]), np.array([1.0, 2.1]), "[1]: 2.0 and 2.1"),
    (np.float64(1.0), 1.0, "scalar float64 and float"),
    (np.int32(1), np.int64(1), "int32 and int64"),
    (
        np.ma.masked_array([1, 2], [True, False]),
        np.ma.masked_array([1, 2], [False, False]),
        ".mask[0][0]: True and False",
    ),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]}), ".iloc[:, 0].dtype: int64 of 1 and float64 of 1"),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1, 2]}), ".shape: [1, 1] and [2, 1]"),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), ".columns[0]: 'a' and 'b'"),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, index=[5]), ".index: RangeIndex of int64 and Index of int64"),
    (pd.Series([1.0, 2.0], name="a"), pd.Series([1.0, 2.5], name="a"), "[1]: 2.0 and 2.5"),
    (NAMES, NAMES.rename("b"), ".name: 'a' and 'b'"),
    (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2), "datetime.date(2024, 1, 1) and datetime.date(2024, 1, 2)"),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00"), "Decimal('1.0') and Decimal('1.00')"),
    (Colour.RED, 1, "value"),
    (Point(1.0), Point(2.0), ".x: 1.0 and 2.0"),
    (Point(1.0, [1]), Point(1.0, [2]), ".y[0]: 1 and 2"),
    (ValueError("a"), ValueError("b"), ".args[0]: 'a' and 'b'"),
    (ValueError("a"), KeyError("a"), "builtins.ValueError and builtins.KeyError"),
    (10**400, 10**400 + 1, ""),
    ("x" * 30_000, "x" * 29_999 + "y", ""),
    (np.zeros(30_000), np.concatenate([np.zeros(29_999), [1.0]]), "they part behind the first"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_these_are_equal(left, right):
    assert parts(encode(left), encode(right), Tolerance()) == ""


@pytest.mark.parametrize(("left", "right", "said"), PARTED)
def test_these_part_and_it_says_where(left, right, said):
    found = parts(encode(left), encode(right), Tolerance())

    assert found
    assert said in found
    assert parts(encode(left), encode(left), Tolerance()) == ""
    assert parts(encode(right), encode(right), Tolerance()) == ""


@pytest.mark.parametrize(
    ("tree", "other"),
    [
        (None, []),
        ([], ["int", "1"]),
        (["float", "x"], ["float", "1"]),
        (["dict", 3], ["dict", 4]),
        (["list", [5]], ["list", [6]]),
        (["array"], ["array", 1]),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_what_is_no_tree_is_refused(tree, other):
    with pytest.raises(ValueError):
        parts(tree, other, Tolerance())
