import collections
import json

import pandas as pd
import pytest

from migrations_app.handlers.adapter.equivalence.inside.encoding import MOST_NODES, encode, type_name


class Loud:
    """Raises whatever is asked of it."""

    def __init__(self):
        self.public = 1

    def __getattribute__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")


class Slots:
    __slots__ = ("_hidden", "shown")

    def __init__(self):
        self.shown, self._hidden = 1, 2


class Counted(dict):
    pass


def test_types_are_kept():
    assert encode([1, True, 1.5, "a", None, b"a", (1,)])[1][:5] == [
        ["int", "1"],
        ["bool", True],
        ["float", "1.5"],
        ["str", "a"],
        ["none"],
    ]
    assert encode(Counted(a=1))[:3] == ["of", type_name(Counted), ["dict", [[["str", "a"], ["int", "1"]]]]]
    assert encode(collections.OrderedDict(a=1))[1] == "collections.OrderedDict"


def test_public_state_as_it_is_stored():
    assert encode(Slots()) == ["object", type_name(Slots), [["shown", ["int", "1"]]]]
    assert encode(object()) == ["opaque", "builtins.object"]


def test_nothing_that_a_value_does_gets_through():
    assert encode(Loud()) == ["unreadable", type_name(Loud), "builtins.RuntimeError"]


@pytest.mark.parametrize(
    "value",
    [list(range(MOST_NODES * 3)), {number: number for number in range(MOST_NODES * 3)}, "x" * 10**6, 1 << 10**6],
    ids=["list", "dict", "text", "number"],
)
def test_what_is_large_is_cut(value):
    assert len(json.dumps(encode(value))) < 2_000_000


def test_what_holds_itself_and_what_is_deep_have_an_end():
    own: list = []
    own.append(own)
    deep: list = []
    for _ in range(500):
        deep = [deep]

    assert encode(own) == ["list", [["again", "builtins.list"]]]
    assert "cut" in json.dumps(encode(deep))


def test_the_same_value_twice_is_no_circle():
    shared = [1]
    assert encode([shared, shared]) == ["list", [["list", [["int", "1"]]]] * 2]


def test_frames_of_pandas_have_columns_index_and_types():
    kind, shape, columns, index, held = encode(pd.DataFrame({"a": [1, 2], "b": ["x", None]}))

    assert (kind, shape, columns[0], index[1]) == ("frame", [2, 2], "index", "RangeIndex")
    assert held[0] == ["column", "int64", 2, [["int", "1"], ["int", "2"]]]
    assert encode(pd.NaT) == ["value", "pandas", "NaT"]
