import pytest

from migrations_app.handlers.adapter.equivalence.observing import difference, observed, other_words
from migrations_app.handlers.adapter.equivalence.report import Observed, Tolerance
from migrations_app.handlers.adapter.equivalence.running import Seen

ONE, TWO = ["int", "1"], ["int", "2"]
ANSWER = Seen("answer", value=ONE)
ENDED = Seen("ended", message="It did not come to an end in 2 seconds.")
RAISED = Seen("raised", error="ValueError", message="no")


@pytest.mark.parametrize(
    ("custom", "generic", "what"),
    [
        (ANSWER, ANSWER, ""),
        (ENDED, ENDED, ""),
        (RAISED, RAISED, ""),
        (ANSWER, Seen("answer", value=TWO), "answer: 1 and 2"),
        (ANSWER, RAISED, "exception: 1 is answered, ValueError is raised"),
        (ENDED, ANSWER, "exception: It did not come to an end in 2 seconds., 1 is answered"),
        (RAISED, Seen("raised", error="KeyError", message="no"), "exception: ValueError and KeyError"),
        (RAISED, Seen("raised", error="ValueError", message="other words"), ""),
        (
            Seen("raised", error="ValueError", message="a", said=True),
            RAISED,
            "exception: ValueError with other words: 'a' and 'no'",
        ),
        (
            Seen("raised", error="ValueError", message="<A at 0x7f12345678>", said=True),
            Seen("raised", error="ValueError", message="<A at 0x7faaaaaaaa>"),
            "",
        ),
        (
            Seen("raised", error="TypeError", message="a", said=True),
            Seen("raised", error="TypeError", message="b", own=True),
            "",
        ),
        (Seen("answer", value=ONE, changed={"x": TWO}), ANSWER, "arguments: only custom changes 'x', to 2"),
        (ANSWER, Seen("answer", value=ONE, changed={"x": TWO}), "arguments: only generic changes 'x', to 2"),
        (
            Seen("answer", value=ONE, changed={"x": TWO}),
            Seen("answer", value=ONE, changed={"x": ONE}),
            "arguments: ['x']: 2 and 1",
        ),
        (
            Seen("answer", value=ONE, effects=("a", "b")),
            Seen("answer", value=ONE, effects=("b", "c")),
            "effects: only custom a; only generic c",
        ),
        (Seen("raised", error="E", effects=("a",)), Seen("raised", error="E"), "effects: only custom a"),
        (Seen("answer", value=["float"]), Seen("answer", value=["float", "1"]), "answer: one of them cannot be read"),
    ],
)
def test_what_parts_them(custom, generic, what):
    assert difference(custom, generic, Tolerance()) == what


def test_other_words_are_told_and_not_those_of_the_generic_adapter():
    assert other_words(RAISED, Seen("raised", error="ValueError", message="other"))
    assert not other_words(RAISED, Seen("raised", error="ValueError", message="other", own=True))
    assert not other_words(RAISED, RAISED)


def test_for_people():
    assert observed(Seen("answer", value=ONE, effects=("a",), changed={"x": TWO})) == Observed(
        "answer", "1", ("a", "changes its argument 'x' to 2")
    )
    assert observed(RAISED) == Observed("raised", "ValueError: no")
    assert observed(ENDED) == Observed("ended", "It did not come to an end in 2 seconds.")
