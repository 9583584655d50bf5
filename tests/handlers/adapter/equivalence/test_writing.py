import enum
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from migrations_app.handlers.adapter.equivalence.inside.encoding import encode
from migrations_app.handlers.adapter.equivalence.report import MOST_TEXT
from migrations_app.handlers.adapter.equivalence.writing import key_of, unread, written


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: float
    y: list = field(default_factory=list)


NAMES = pd.Series([1.0, 2.0], name="a")


def test_what_can_only_be_told_by_its_type_is_told():
    value = {"a": object(), "b": iter([1]), "c": list(range(30_000))}
    assert {"builtins.object", "builtins.list_iterator", "30000 in all"} <= unread(encode(value))
    assert unread(encode([1, "a", np.array([1.0])])) == set()


@pytest.mark.parametrize("tree", [None, [], ["float"], ["dict", 3], ["list", [5]], ["array"], {"a": 1}, 7])
def test_what_is_no_tree_can_be_said(tree):
    assert written(tree) == "something that cannot be read"


def test_the_same_tree_has_the_same_key():
    assert key_of(encode({"a": (1,)})) == key_of(encode({"a": (1,)})) != key_of(encode({"a": [1]}))


def test_a_text_has_an_end():
    assert len(written(encode("x" * 10_000))) <= MOST_TEXT
    assert len(written(encode(list(range(5_000))))) <= MOST_TEXT
    deep: list = []
    for _ in range(2_000):
        deep = ["list", [deep]]
    assert isinstance(written(deep), str)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": (1,), "b": {2}}, "{'a': (1,), 'b': set({2})}"),
        (np.array([1, 2]), "array([1, 2], dtype=int64, shape=(2,))"),
        (np.float32(0.5), "numpy.float32(0.5)"),
        (NAMES, "Series(float64[1.0, 2.0], index=RangeIndex([0, 1], dtype=int64), name='a')"),
        (Point(1.0), "tests.handlers.adapter.equivalence.test_writing.Point(x=1.0, y=[])"),
        (ValueError("a"), "builtins.ValueError('a',)"),
        (10**400, hex(10**400)),
        (complex(1, 2), "complex(1.0, 2.0)"),
        (len, "<name builtins.builtin_function_or_method builtins.len>"),
        (Colour.RED, "tests.handlers.adapter.equivalence.test_writing.Colour(RED)"),
    ],
)
def test_it_reads_as_python_does(value, text):
    assert written(encode(value)) == text
