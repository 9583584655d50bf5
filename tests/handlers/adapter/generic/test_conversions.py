import base64
import datetime
import json
from typing import Any

import pytest

from migrations_app.handlers.adapter.generic.conversions import CONVERSIONS, EXPRESSIONS, convert
from tests.architecture.sources import ROOT

SAMPLES = (
    3,
    -2.5,
    True,
    "12",
    "é",
    "",
    b"YWJj",
    [1, 2],
    ["3", 4.5],
    (),
    {"a": 1},
    None,
    "[1]",
    datetime.date(2024, 2, 29),
)


class Array:
    def tolist(self) -> list[int]:
        return [1]

    def item(self) -> int:
        return 1


def outcome(function, value: Any) -> tuple[Any, ...]:
    try:
        answer = function(value)
    except Exception as error:  # noqa: BLE001 - compared, whatever it is
        return type(error), str(error)
    return type(answer), answer


def test_each_conversion_has_its_expression():
    assert set(CONVERSIONS) == set(EXPRESSIONS)


@pytest.mark.parametrize("name", sorted(CONVERSIONS))
def test_each_does_what_its_expression_does(name):
    by_expression = eval(f"lambda value: {EXPRESSIONS[name]}", {"base64": base64, "json": json})  # noqa: S307

    compared = [(outcome(CONVERSIONS[name], value), outcome(by_expression, value)) for value in (*SAMPLES, Array())]

    assert all(ours == theirs for ours, theirs in compared), compared
    assert any(not issubclass(theirs[0], Exception) for _, theirs in compared), "no sample is converted by it"


def test_they_follow_each_other():
    assert convert("[1, 2]", ("json_loads", "list_of_str", "tuple")) == ("1", "2")


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_the_documentation_names_each(name):
    assert f"| `{name}` | `{EXPRESSIONS[name]}` |" in (ROOT / "docs/adapters.md").read_text()
