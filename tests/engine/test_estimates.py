import random

import pytest

from migrations_app.engine.estimates import Expected, Past, PastStep, estimate, estimate_from, foretell


def line(*volumes: int, fixed: float = 5, rate: float = 0.004) -> list[PastStep]:
    """What the handler thinks ten times quicker."""
    return [
        PastStep(run, fixed + rate * volume, volume, 1 + volume // 2_500) for run, volume in enumerate(volumes, start=1)
    ]


def test_without_a_past_it_is_the_handlers_own_estimate():
    made = estimate([Expected("copy", 7, 1_000)])
    assert (made.seconds, made.runs, made.error_percent) == (7, 0, None)
    assert made.said == "no past run: rule of thumb"
    assert estimate([Expected("write", 7)], Past("files")).said == "no past run on files: rule of thumb"
    assert [step.said for step in made.steps] == ["rule of thumb"]
    assert estimate([Expected("copy", 7)], Past("redis to beam")).said == "no past run of redis to beam: rule of thumb"


def test_the_more_runs_the_nearer_to_them():
    one, many = ([PastStep(run, 80, 0, 10) for run in range(count)] for count in (1, 20))
    assert 10 < foretell(Expected("x", 10), one) < foretell(Expected("x", 10), many) < 80


def test_volumes_that_differ_are_a_line_and_a_night_of_waiting_moves_nothing():
    past = [*line(*(1_000 * number for number in range(1, 21))), PastStep(99, 40_000, 5_000, 3)]
    assert foretell(Expected("copy", 41, 100_000), past) == pytest.approx(405, rel=0.15)


def test_a_wait_that_the_plan_sets_is_not_learned_from_another_wait():
    past = [PastStep(run, 60, 0, 60) for run in range(5)]
    assert foretell(Expected("soak", 600), past) == pytest.approx(600)


def test_in_a_backtest_it_errs_less_than_the_handler_does():
    dice = random.Random(7)  # noqa: S311
    noisy = [
        PastStep(each.run, each.seconds * dice.uniform(0.8, 1.25), each.volume, each.own_seconds)
        for each in line(*(dice.randrange(1_000, 500_000) for _ in range(20)))
    ]
    made = estimate([Expected("copy", 10, 25_000)], Past("redis to postgres", "sessions", False, {"copy": noisy}))

    assert made.error_percent is not None
    assert made.own_error_percent is not None
    assert made.error_percent < 30 < made.own_error_percent
    assert made.basis.startswith("from 20 runs of redis to postgres, ")
    assert made.steps[0].said == f"from 20 runs, {made.steps[0].error_percent} % off"
    assert made.said.endswith(f"typically {made.error_percent} % off")


def test_what_is_kept_is_read_again_and_volumes_of_other_environments_are_not_told():
    made = estimate([Expected("copy", 3, 10)], Past("a to b", "rows", True, {"copy": line(10, 20, 40)}))
    assert made.basis == "from 3 runs of a to b in all environments"
    assert estimate_from(made.document()) == made
    assert estimate_from(None) is None
    assert estimate_from({**made.document(), "format": 2}) is None
