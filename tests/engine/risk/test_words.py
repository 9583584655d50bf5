import pytest

from migrations_app.engine.risk.score import weigh
from migrations_app.engine.risk.words import explained, time_words


def test_long_times_are_said_in_minutes() -> None:
    assert [time_words(seconds) for seconds in (0, 119, 120, 7276)] == ["0 s", "119 s", "2 min", "121 min"]


@pytest.mark.parametrize(
    ("weights", "waived", "said"),
    [
        ([], [], "Nothing that raises the risk was found."),
        ([-6], [], "Nothing that raises the risk was found."),
        ([9, -6], [], "1 finding adds 9, 1 thing that makes it safer takes 6 away: 3 of 100 is low."),
        (
            [20, 8, -6, -5],
            [12],
            "2 findings add 28, 2 things that make it safer take 11 away, 1 waived finding of 12 not counted: "
            "17 of 100 is medium.",
        ),
        ([-6], [12, 3], "2 waived findings of 15 not counted: 0 of 100 is low."),
        ([90, 40], [], "2 findings add 130; that is 130, and a score is no more than 100: 100 of 100 is high."),
        (
            [4, -11],
            [],
            "1 finding adds 4, 1 thing that makes it safer takes 11 away; that is −7, and a score is no less than 0: "
            "0 of 100 is low.",
        ),
    ],
)
def test_it_says_what_adds_up_to_what(weights: list[int], waived: list[int], said: str) -> None:
    adding, credited = sum(weight > 0 for weight in weights), sum(weight < 0 for weight in weights)

    assert explained(weigh(weights, waived), adding=adding, credited=credited, waived=len(waived)) == said
