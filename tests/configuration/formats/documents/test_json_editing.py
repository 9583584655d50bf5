import pytest

from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.values import Atom
from tests.configuration.editing_of import edited, inserting, removing, renaming, replacing, value

LINES = '{\n  "snakepit": {\n    "a": 1,\n    "b": {"c": 2, "d": [3]}\n  },\n  "x": null\n}\n'


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (removing("a"), '    "a": 1,\n', ""),
        (removing("b"), ',\n    "b": {"c": 2, "d": [3]}\n', "\n"),
        (removing("b.c"), '"c": 2, ', ""),
        (removing("b.d"), ', "d": [3]', ""),
        (renaming("a", "z"), '"a"', '"z"'),
        (replacing("a", [Atom("x"), None]), "1", '[":x", null]'),
        (replacing("b.d.0", 'say "é"'), "3", '"say \\"é\\""'),
        (inserting("a", "new", {"k": (1, 2)}), "1,\n", '1,\n    "new": {"k": [1, 2]},\n'),
        (inserting("b", "new", 1.5), "[3]}\n", '[3]},\n    "new": 1.5\n'),
        (inserting("b.", "new", True), "[3]}", '[3], "new": true}'),
    ],
)
def test_only_what_is_meant_changes(change, old, new):
    assert edited(LINES, change, "a.json") == LINES.replace(old, new, 1)


def test_the_last_key_leaves_an_empty_object_that_takes_one():
    assert edited('{"snakepit": {"a": 1}}', removing("a"), "a.json") == '{"snakepit": {}}'
    assert edited('{"snakepit": {"a": {}}}', inserting("a.", "b", 1), "a.json") == '{"snakepit": {"a": {"b": 1}}}'


def test_long_values_get_lines_and_verbatim_parts_their_text():
    before = '{"snakepit": {\r\n  "a": {"é":   1.50}\r\n}}'
    long = "x" * 90

    after = edited(before, lambda e, c: e.replace(value(c, "a"), [Verbatim(value(c, "a").span), long]), "a.json")

    assert after == f'{{"snakepit": {{\r\n  "a": [\r\n    {{"é":   1.50}},\r\n    "{long}"\r\n  ]\r\n}}}}'


def test_what_json_has_no_number_for_is_refused():
    with pytest.raises(NotEditable, match="no number inf"):
        edited(LINES, replacing("a", float("inf")), "a.json")
