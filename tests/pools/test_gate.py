"""When a new worker counts."""

import pytest

from migrations_app.pools.base import Health, Worker
from migrations_app.pools.gate import Gate

SERVING = Worker("w", True, False, 0)
STARTING = Worker("w", False, False, 0)
H, F, S, B = Health.HEALTHY, Health.FAILING, Health.SILENT, Health.STARTING


def passes(answers, *, wanted, soak_seconds=0.0, worker=SERVING):
    """Whether it has passed after each answer; one answer a second."""
    given, clock = iter(answers), iter(range(100))
    gate = Gate(wanted, soak_seconds, lambda _: next(given), lambda: float(next(clock)))
    return [gate.lacks(worker) == "" for _ in answers]


@pytest.mark.parametrize(
    ("answers", "wanted", "soak_seconds", "expected"),
    [
        ([H], 1, 0, [True]),
        ([H, H, H], 3, 0, [False, False, True]),
        ([B, H, H], 2, 0, [False, False, True]),
        ([H, F, H, H], 2, 0, [False, False, False, True]),
        ([H, S, H, H], 2, 0, [False, False, False, True]),
        ([H, H, H, H], 1, 3, [False, False, False, True]),
        ([H, H, F, H, H, H], 1, 2, [False, False, False, False, False, True]),
        ([F, F, F], 1, 0, [False, False, False]),
    ],
)
def test_enough_in_a_row_over_enough_time(answers, wanted, soak_seconds, expected):
    assert passes(answers, wanted=wanted, soak_seconds=soak_seconds) == expected


def test_one_that_takes_no_requests_never_passes():
    assert passes([H, H], wanted=1, worker=STARTING) == [False, False]


def test_who_has_passed_is_asked_no_more_until_it_serves_no_more():
    answers = iter([H, F, H])
    gate = Gate(1, 0.0, lambda _: next(answers), lambda: 0.0)
    assert gate.lacks(SERVING) == gate.lacks(SERVING) == ""
    assert gate.lacks(STARTING) == "the worker w is failing"
    assert gate.lacks(SERVING) == ""
    assert next(answers, None) is None


def test_what_it_lacks_is_said():
    answers = iter([B, H, H])
    gate = Gate(2, 9.0, lambda _: next(answers), lambda: 0.0)
    assert [gate.lacks(SERVING) for _ in range(3)] == [
        "the worker w is starting",
        "the worker w gave 1 of 2 healthy answers",
        "the worker w is healthy for less than 9 s",
    ]
