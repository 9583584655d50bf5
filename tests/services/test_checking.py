from datetime import UTC, datetime

import pytest

from migrations_app.services.checking import Check, invalid
from migrations_app.services.errors import InvalidInput


def problems(look):
    check = Check()
    look(check)
    return [problem.code for problem in check.problems]


@pytest.mark.parametrize(
    ("look", "codes"),
    [
        (lambda c: c.text("f", "fine", most=10), []),
        (lambda c: c.text("f", None, most=10), []),
        (lambda c: c.text("f", "  ", most=10, required=True), ["required"]),
        (lambda c: c.text("f", b"bytes", most=10), ["not_text"]),
        (lambda c: c.text("f", "x" * 11, most=10), ["too_long"]),
        (lambda c: c.text("f", "a\x00b", most=10), ["control"]),
        (lambda c: c.text("f", "a\ud800b", most=10), ["control"]),
        (lambda c: c.text("f", "a\nb", most=10), ["control"]),
        (lambda c: c.text("f", "a\nb", most=10, lines=True), []),
        (lambda c: c.text("f", "\u200b", most=10, required=True), ["control"]),
        (lambda c: c.text("f", "a\u202eb", most=10), ["control"]),
        (lambda c: c.text("f", "a\u2066b", most=10, lines=True), ["control"]),
        (lambda c: c.text("f", "\ufeffa", most=10), ["control"]),
        (lambda c: c.text("f", "a\x85b", most=10, lines=True), ["control"]),
        (lambda c: c.text("f", "a\x1bb", most=10, lines=True), ["control"]),
        (lambda c: c.text("f", "a\tb", most=10), ["control"]),
        (lambda c: c.text("f", "a\tb\r\nc", most=10, lines=True), []),
        (lambda c: c.text("f", "Ümläut שלום →", most=20), []),
        (lambda c: c.name("f", "a-name-1", most=10), []),
        (lambda c: c.name("f", "-a", most=10), ["not_a_name"]),
        (lambda c: c.name("f", "A", most=10), ["not_a_name"]),
        (lambda c: c.name("f", "", most=10), ["required"]),
        (lambda c: c.integer("f", 5, least=0, most=9), []),
        (lambda c: c.integer("f", "5", least=0, most=9), []),
        (lambda c: c.integer("f", True, least=0, most=9), ["not_a_number"]),
        (lambda c: c.integer("f", 5.0, least=0, most=9), ["not_a_number"]),
        (lambda c: c.integer("f", "٥", least=0, most=9), ["not_a_number"]),
        (lambda c: c.integer("f", 10, least=0, most=9), ["out_of_range"]),
        (lambda c: c.flag("f", True), []),
        (lambda c: c.flag("f", 1), ["not_a_flag"]),
        (lambda c: c.mapping("f", {"a": 1}), []),
        (lambda c: c.mapping("f", {1: 1}), ["not_a_mapping"]),
        (lambda c: c.mapping("f", []), ["not_a_mapping"]),
        (lambda c: c.mapping("f", dict.fromkeys("abc"), most=2), ["too_long"]),
        (lambda c: c.one_of("f", "a", ["a", "b"], "letter"), []),
        (lambda c: c.one_of("f", "x" * 1000, ["a", "b"], "letter"), ["unknown"]),
        (lambda c: c.one_of("f", None, ["a", "b"], "letter"), ["unknown"]),
        (lambda c: c.moment("f", None), []),
        (lambda c: c.moment("f", datetime(2026, 1, 1, tzinfo=UTC)), []),
        (lambda c: c.moment("f", datetime(2026, 1, 1)), ["not_a_time"]),  # noqa: DTZ001
    ],
)
def test_each_look_finds_what_is_wrong(look, codes):
    assert problems(look) == codes


def test_nothing_wrong_passes():
    Check().done()


def test_everything_wrong_is_refused_together():
    check = Check()
    check.text("title", "", most=10, required=True)
    check.integer("position", "x", least=0, most=9)

    with pytest.raises(InvalidInput) as refused:
        check.done()

    assert [problem.field for problem in refused.value.problems] == ["title", "position"]
    assert str(refused.value) == "Please look at: title, position."


def test_a_message_never_repeats_a_long_value():
    check = Check()
    check.one_of("f", "x" * 10_000_000, ["a"], "letter")

    assert len(check.problems[0].message) < 100


def test_one_problem_ready_to_raise():
    assert invalid("f", "wrong", "mend it").details["problems"] == [
        {"field": "f", "message": "wrong", "fix": "mend it", "code": "invalid"}
    ]


def test_a_character_that_cannot_be_seen_is_named_with_its_place():
    check = Check()
    check.text("title", "ab\u200bc", most=10)

    (problem,) = check.problems
    assert problem.field == "title"
    assert "U+200B (ZERO WIDTH SPACE) at character 3" in problem.message
    assert "Write it in one line" in problem.fix


def test_joiners_that_words_are_spelled_with_pass_but_are_no_title_alone():
    check = Check()

    assert check.text("title", "می\u200cروم", most=10) == "می\u200cروم"
    check.text("title", "\u200d", most=10, required=True)

    assert [problem.code for problem in check.problems] == ["required"]
