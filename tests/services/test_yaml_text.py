import io

import pytest
from ruamel.yaml import YAML

from migrations_app.services import yaml_text
from migrations_app.services.errors import InvalidInput
from tests.services.bombs import ALIASES, BOMBS, aliases


def refusal(text):
    with pytest.raises(InvalidInput) as refused:
        yaml_text.read(text)
    (problem,) = refused.value.problems
    assert problem.field == "document"
    assert problem.fix
    assert len(problem.message) < 300
    return problem


@pytest.fixture
def events(monkeypatch):
    """Counts the events that are taken from the stream, and the documents that are built."""
    seen = {"events": 0, "built": 0}
    parse, load = YAML.parse, YAML.load

    def counted_parse(self, stream):
        for event in parse(self, stream):
            seen["events"] += 1
            yield event

    def counted_load(self, stream):
        seen["built"] += 1
        return load(self, stream)

    monkeypatch.setattr(YAML, "parse", counted_parse)
    monkeypatch.setattr(YAML, "load", counted_load)
    return seen


def test_plain_data_is_read():
    text = 'a: {b: [1, true, null, 1.5, "x: *y &z !t"]}\n"1": |\n  lines\n  more\n'
    assert yaml_text.read(text) == {"a": {"b": [1, True, None, 1.5, "x: *y &z !t"]}, "1": "lines\nmore\n"}


def test_an_empty_document_is_nothing():
    assert yaml_text.read("") is None


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_before_anything_is_built(events, text):
    refusal(text)

    assert events["events"] <= yaml_text.MOST_EVENTS + 1
    assert events["built"] == 0


@pytest.mark.parametrize("place", ["type", "kind", "apiVersion", "parameters", "key"])
def test_aliases_are_refused_at_the_first_anchor(events, place):
    assert refusal(aliases(place)).code == "anchor"

    assert events["events"] < 10
    assert events["built"] == 0


def test_too_many_bytes_are_not_even_looked_at(events):
    for text in ("x" * (yaml_text.MOST_BYTES + 1), "é" * (yaml_text.MOST_BYTES // 2 + 1), "x" * 10_000_000):
        assert refusal(text).code == "too_long"

    assert events == {"events": 0, "built": 0}


def test_a_document_of_just_so_many_bytes_is_read():
    text = "a: "
    assert yaml_text.read(text + "é" * ((yaml_text.MOST_BYTES - len(text)) // 2))


def test_nesting_stops_at_its_limit(events):
    most = yaml_text.MOST_DEPTH
    assert yaml_text.read("[" * most + "]" * most)
    events["events"] = 0

    assert refusal("[" * (most + 1) + "]" * (most + 1)).code == "too_deep"
    assert events["events"] == most + 3  # stream, document, and the list that is one too deep


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\n", "anchor"),
        ("a: *x\n", "alias"),
        ("a: !!str 1\n", "tag"),
        ("a: ! b\n", "tag"),
        ("!x {a: 1}\n", "tag"),
        ("a: !!python/object:os.system {}\n", "tag"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "directive"),
        ("%YAML 1.1\n---\nyes: 1\n", "directive"),
        ("1: a\n", "key"),
        ("b: {true: a}\n", "key"),
        ("b: {c: 1, ~: a}\n", "key"),
        ("? [a, b]\n: 1\n", "key"),
        ("? {a: b}\n: 1\n", "key"),
        ("- a: [1, 2]\n  2026-01-01: b\n", "key"),
        ("<<: {a: 1}\n", "key"),
        ("a: 1\na: 2\n", "not_yaml"),
        ("a: 1\n---\nb: 1\n", "not_yaml"),
        ("a: 2026-99-99\n", "not_yaml"),
        (f"a: {'9' * 5000}\n", "not_yaml"),
        (f"{'k' * 100}: 1\n{'k' * 100}: {'v' * 5000}\n", "not_yaml"),
        ("a: [\n", "not_yaml"),
        ("a: \x00\n", "not_yaml"),
        ("a: \ud800\n", "not_yaml"),
    ],
)
def test_what_no_plan_needs_is_refused(text, code):
    problem = refusal(text)

    assert problem.code == code
    assert "sys." not in problem.message


def test_the_place_is_named():
    assert "line 2, column 4" in refusal("a: 1\nb: &x 2\n").message
    assert "line 1, column 5" in refusal("b: {1: a}\n").message


def test_what_the_product_writes_is_far_below_the_limits(events):
    text = io.StringIO()
    YAML().dump({"spec": {"options": {f"option_{n}": n for n in range(100)}}}, text)

    assert yaml_text.read(text.getvalue())["spec"]["options"]["option_99"] == 99
    assert events["events"] < yaml_text.MOST_EVENTS / 4


def test_the_bombs_are_what_they_claim():
    assert len(ALIASES) < 1_000
