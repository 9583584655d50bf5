import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.parameters import Field, FieldKind, json_schema, parse, unknown_keys
from tests.engine.unshowable import Unshowable, UnshowableKey

SIZE = Field("size", FieldKind.INTEGER, "Size", default=10, minimum=1, maximum=100, unit="items", help="How many.")
DEEP = Field("deep", FieldKind.BOOLEAN, "Deep", default=False)
LEVEL = Field("level", FieldKind.CHOICE, "Level", default="full", choices=("basic", "full"))
NOTE = Field("note", FieldKind.TEXT, "Note", required=True, max_length=5)
FIELDS = (SIZE, DEEP, LEVEL, NOTE)


def test_defaults_fill_what_is_not_given() -> None:
    values, problems = parse(FIELDS, {"note": "hi"}, path="parameters")
    assert values == {"size": 10, "deep": False, "level": "full", "note": "hi"}
    assert problems == []


def test_every_problem_is_named_at_once_and_bad_values_are_left_out() -> None:
    raw = {"size": 0, "deep": "perhaps", "level": "ful", "colour": 1}
    values, problems = parse(FIELDS, raw, path="options")
    assert values == {}
    assert [(p.field, p.code) for p in problems] == [
        ("options.size", "invalid"),
        ("options.deep", "invalid"),
        ("options.level", "invalid"),
        ("options.note", "required"),
        ("options.colour", "unknown_field"),
    ]
    assert all(problem.fix for problem in problems)


@pytest.mark.parametrize(
    ("field", "given_value", "expected"),
    [
        (SIZE, " 7 ", 7),
        (SIZE, "+7", 7),
        (DEEP, "on", True),
        (DEEP, "False", False),
        (LEVEL, "basic", "basic"),
        (NOTE, "abcde", "abcde"),
    ],
)
def test_what_forms_send_is_understood(field: Field, given_value: Any, expected: Any) -> None:
    assert parse((field,), {field.name: given_value}, path="")[0] == {field.name: expected}


@pytest.mark.parametrize(
    ("field", "given_value", "words"),
    [
        (SIZE, True, "whole number"),
        (SIZE, 1.5, "whole number"),
        (SIZE, "1e3", "whole number"),
        (SIZE, "9" * 5000, "whole number"),
        (SIZE, 101, "above 100 items"),
        (SIZE, -1, "below 1 items"),
        (DEEP, 1, "true nor false"),
        (LEVEL, ["full"], "choices"),
        (LEVEL, "zzz", "choices"),
        (NOTE, 5, "not text"),
        (NOTE, "a\x00b", "NUL"),
        (NOTE, "abcdef", "longer than 5"),
    ],
)
def test_bad_values_say_what_is_wrong(field: Field, given_value: Any, words: str) -> None:
    values, problems = parse((field,), {field.name: given_value}, path="p")
    assert values == {}
    assert len(problems) == 1
    assert words in problems[0].message


def test_an_unknown_key_suggests_the_nearest_known_one() -> None:
    near, far = unknown_keys({"batchsize": 1, "q": 2}, ["batch_size", "timeout"], path="options")
    assert near.fix == "Did you mean “batch_size”?"
    assert far.fix == "Known here: batch_size, timeout."
    assert unknown_keys({"x": 1}, [], path="")[0].fix == "Known here: nothing."


def test_limits_are_told_in_the_fix() -> None:
    only_low = Field("n", FieldKind.INTEGER, "N", minimum=2)
    only_high = Field("n", FieldKind.INTEGER, "N", maximum=9)
    free = Field("n", FieldKind.INTEGER, "N")
    fixes = [parse((field,), {"n": "x"}, path="")[1][0].fix for field in (only_low, only_high, free)]
    assert fixes == ["Give a whole number from 2.", "Give a whole number up to 9.", "Give a whole number."]


def test_the_schema_says_what_the_fields_say() -> None:
    assert json_schema(FIELDS) == {
        "type": "object",
        "properties": {
            "size": {
                "type": "integer",
                "title": "Size",
                "description": "How many. Unit: items.",
                "default": 10,
                "minimum": 1,
                "maximum": 100,
            },
            "deep": {"type": "boolean", "title": "Deep", "default": False},
            "level": {"type": "string", "title": "Level", "default": "full", "enum": ["basic", "full"]},
            "note": {"type": "string", "title": "Note", "maxLength": 5},
        },
        "additionalProperties": False,
        "required": ["note"],
    }
    assert "required" not in json_schema((SIZE,))


TABLES = Field("tables", FieldKind.DOCUMENT, "Tables")


@pytest.mark.parametrize("given_value", [[{"source": "public.orders", "key": ["id"]}], {"a": None, "b": [True, 7]}, []])
def test_a_document_is_taken_as_it_is_and_as_the_text_of_a_form(given_value: Any) -> None:
    for sent in (given_value, json.dumps(given_value)):
        assert parse((TABLES,), {"tables": sent}, path="") == ({"tables": given_value}, [])
    assert parse((TABLES,), {}, path="") == ({"tables": None}, [])
    assert json_schema((TABLES,))["properties"]["tables"]["type"] == ["array", "object"]


@pytest.mark.parametrize(
    ("given_value", "words"),
    [
        ("[1", "is not JSON"),
        ("[" * 5000, "is not JSON"),
        ("7", "neither a list nor a map"),
        (7, "neither a list nor a map"),
        ([0.5], "fraction"),
        ([object()], "fraction"),
        ([2**53], "beyond 2^53"),
        (["a\x00"], "NUL"),
        ({1: 2}, "key that is not text"),
        (["x" * 300_000], "longer than"),
        ([[[[[[[[[[[[[[1]]]]]]]]]]]]]], "levels"),
    ],
)
def test_a_document_that_cannot_be_signed_is_refused(given_value: Any, words: str) -> None:
    values, problems = parse((TABLES,), {"tables": given_value}, path="p")
    assert values == {}
    assert [words in problem.message for problem in problems] == [True]


_anything = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


@given(st.dictionaries(st.one_of(st.sampled_from([f.name for f in FIELDS]), st.text()), _anything))
def test_whatever_is_given_a_field_has_a_legal_value_or_a_problem(raw: dict[str, Any]) -> None:
    values, problems = parse(FIELDS, raw, path="p")
    for field in FIELDS:
        assert (field.name in values) != any(p.field == f"p.{field.name}" for p in problems)
    if "size" in values:
        assert 1 <= values["size"] <= 100
    again, more = parse(FIELDS, values, path="p")
    assert values.items() <= again.items()
    assert all(problem.code == "required" for problem in more)


@pytest.mark.parametrize("field", FIELDS)
def test_a_container_is_refused_without_being_made_into_text(field: Field) -> None:
    values, problems = parse((field,), {field.name: Unshowable([1])}, path="p")
    assert values == {}
    assert [problem.field for problem in problems] == [f"p.{field.name}"]


def test_a_key_that_is_no_text_is_refused_without_being_made_into_text() -> None:
    raw: dict[Any, Any] = {UnshowableKey((1,)): 1, 2: 1}
    assert [(p.field, p.message) for p in unknown_keys(raw, ["size"], path="p")] == [("p", "A key is not text.")] * 2


def test_of_many_unknown_keys_the_first_are_named_and_the_others_counted() -> None:
    problems = unknown_keys({f"k{n}": 1 for n in range(50_000)}, ["size"], path="p")
    assert len(problems) == 21
    assert problems[-1].message == "49980 more keys are not known here."


def test_a_long_key_is_shown_by_its_beginning() -> None:
    (problem,) = unknown_keys({"k" * 1_000_000: 1}, ["size"], path="p")
    assert problem.field == "p." + "k" * 60
    assert len(problem.message) < 100


def test_a_secret_is_given_by_its_name_and_what_is_no_name_is_not_repeated() -> None:
    key = Field("key", FieldKind.SECRET, "Key", required=True)

    assert parse([key], {"key": "billing-api"}, path="p") == ({"key": "billing-api"}, [])
    for wrong in ("sk_live_51H8", "Hunter2!", "a b", "-x", "x" * 61, 7, ["billing"]):
        values, (problem,) = parse([key], {"key": wrong}, path="p")
        assert (values, problem.field) == ({}, "p.key")
        assert str(wrong) not in problem.message + problem.fix
    schema = json_schema([key])["properties"]["key"]
    assert (schema["type"], re.fullmatch(schema["pattern"], "billing-api") is not None) == ("string", True)
    assert "never its value" in schema["description"]
