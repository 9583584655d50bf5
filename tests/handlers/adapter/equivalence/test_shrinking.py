import json

import pytest

from migrations_app.handlers.adapter.equivalence.shrinking import (
    MOST_CANDIDATES,
    ROUNDS,
    candidates,
    shrink,
    shrink_calls,
    size,
)


@pytest.mark.parametrize(
    ("arguments", "differs", "smallest"),
    [
        ({"x": 837.25, "y": "text"}, lambda one: one.get("x", 0) > 10, {"x": 11}),
        ({"x": -900}, lambda one: one.get("x", 0) < 0, {"x": -1}),
        ({"x": [1, 2, "a", {"b": None}]}, lambda one: "a" in one.get("x", []), {"x": ["a"]}),
        ({"x": "some é text"}, lambda one: "é" in one.get("x", ""), {"x": "é"}),
        ({"x": {"a": 1, "b": [3]}}, lambda one: bool(one.get("x", {}).get("b")), {"x": {"b": [0]}}),
        ({"x": True}, lambda one: one.get("x") is True, {"x": True}),
        ({"x": float("nan")}, lambda one: one.get("x") != one.get("x"), {"x": float("nan")}),
        ({"a": 1, "b": 2}, lambda one: True, {}),
        ({"x": {"__bytes__": "AP8="}}, lambda one: "x" in one, {"x": {}}),
    ],
)
def test_the_smallest_that_still_differs(arguments, differs, smallest):
    rounds = []

    def judged(tried):
        rounds.append(len(tried))
        return [bool(differs(one)) for one in tried]

    found = shrink(arguments, judged)

    assert size(found) <= size(smallest), found
    assert json.dumps(found) == json.dumps(arguments) or differs(found)
    assert len(rounds) <= ROUNDS
    assert max(rounds, default=0) <= MOST_CANDIDATES


def test_calls_before_it_that_do_not_matter_are_left_out():
    calls = [{"x": number} for number in range(100)]

    found = shrink_calls(calls, lambda tried: [{"x": 37} in one for one in tried])

    assert found == [{"x": 37}, {"x": 99}]


def test_a_call_that_differs_the_second_time_is_two_calls():
    calls = [{"x": number} for number in range(10)]

    found = shrink_calls(calls, lambda tried: [len(one) > 1 for one in tried])

    assert found == [{"x": 9}, {"x": 9}]


def test_a_candidate_is_another_value():
    for value in ({"a": [1]}, [1, 2], "ab", 5, -1.5, True):
        assert all(json.dumps(one) != json.dumps(value) for one in candidates(value) if size(one) < size(value))
    assert list(candidates(None)) == []
