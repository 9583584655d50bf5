from migrations_app.handlers.adapter.equivalence.coverage import Coverage, coverage
from migrations_app.handlers.adapter.facts import Lines

WHOLE = {
    "lines": [["a.py", 1], ["a.py", 2], ["a.py", 3], ["b.py", 9]],
    "lines_reached": [["a.py", 1]],
    "branches": [["a.py", 1, 5, True], ["a.py", 1, 5, False]],
    "branches_reached": [["a.py", 1, 5, True]],
}


def test_what_processes_reached_counts_together():
    found = coverage([WHOLE, {**WHOLE, "lines_reached": [["b.py", 9]], "branches_reached": []}])

    assert (found.lines_reached, found.lines, found.branches_reached, found.branches) == (2, 4, 1, 2)
    assert found.missed == (Lines("a.py", 2, 3),)
    assert found.open == "1 of 2 branches were reached; look at a.py:1. Lines that no case reached: a.py:2-3."


def test_all_reached_leaves_nothing_open():
    whole = {**WHOLE, "lines_reached": WHOLE["lines"], "branches_reached": WHOLE["branches"]}
    assert coverage([whole]).open == ""


def test_what_is_not_what_the_runner_writes_is_not_known():
    for written in (
        [],
        [{}],
        [{**WHOLE, "lines": 3}],
        [{**WHOLE, "lines": [["a", "b"]]}],
        [{**WHOLE, "branches": [None]}],
    ):
        assert coverage(written) == Coverage()
    assert "not known" in Coverage().open


def test_more_reached_than_there_is_does_not_count():
    found = coverage([{**WHOLE, "lines_reached": [["a.py", 77]], "branches_reached": [["x", 1, True]]}])
    assert (found.lines_reached, found.branches_reached) == (0, 0)
