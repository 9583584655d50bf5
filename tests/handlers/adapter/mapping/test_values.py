import pytest

from migrations_app.handlers.adapter.facts import Verdict
from migrations_app.handlers.adapter.mapping.values import beneath, converted, is_settled
from tests.handlers.adapter.reading import by_entry, codes, mapped


def test_what_means_the_same_whenever_it_is_looked_at():
    assert is_settled({"step": "v1"}, "mapping")
    assert is_settled({"argument": "x"}, "keywords")
    assert not is_settled({"argument": "x"}, "mapping")
    assert not is_settled({"argument": "x", "convert": ["int"]}, "keywords")
    assert not is_settled({"list": []}, "keywords")


def test_a_part_comes_before_conversions():
    assert beneath({"step": "v1", "path": [{"item": 0}]}, {"item": 1}) == {
        "step": "v1",
        "path": [{"item": 0}, {"item": 1}],
    }
    assert beneath({"step": "v1", "convert": ["str"]}, {"item": 1}) is None
    assert converted({"step": "v1", "convert": ["str"]}, "list").value == {"step": "v1", "convert": ["str", "list"]}


def test_what_an_earlier_value_raises_comes_before_a_later_call(tmp_path):
    mapping = mapped(tmp_path, "return [int(x), math.sqrt(y)]", before="import math")

    assert by_entry(mapping, {"x": "a", "y": "b"}) == ("raised", "ValueError")  # of int, not the TypeError of sqrt
    assert by_entry(mapping, {"x": 1, "y": "b"}) == ("raised", "TypeError")


def test_a_variable_is_one_object(tmp_path):
    mapping = mapped(tmp_path, "found = {'a': [x]}\nother = found\nother.update(b=1)\nreturn [found, other]")

    assert by_entry(mapping, {"x": 5}) == ("answered", "[{'a': [5], 'b': 1}, {'a': [5], 'b': 1}]")


@pytest.mark.parametrize(
    ("body", "code"),
    [("return self.t", "own_code"), ("return zip(x, y)", "streams"), ("return math", "never_served")],
)
def test_what_is_no_value(tmp_path, body, code):
    mapping = mapped(tmp_path, body, before="import math")

    assert mapping.verdict is Verdict.MANUAL
    assert code in codes(mapping)
