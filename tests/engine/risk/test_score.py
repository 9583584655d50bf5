import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.risk.score import level_of, weigh
from migrations_app.engine.vocabulary import RiskLevel


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, RiskLevel.LOW), (14, RiskLevel.LOW), (15, RiskLevel.MEDIUM), (39, RiskLevel.MEDIUM), (40, RiskLevel.HIGH)],
)
def test_levels(score: int, level: RiskLevel) -> None:
    assert level_of(score) is level


def test_it_says_what_adds_up_to_what() -> None:
    score = weigh([20, 8, -6, 0], waived=[12])

    assert (score.added, score.credited, score.waived, score.total) == (28, 6, 12, 22)
    assert (score.score, score.level, score.clamped) == (22, RiskLevel.MEDIUM, False)


@pytest.mark.parametrize(("weights", "total", "score"), [([90, 40, -10], 120, 100), ([4, -11], -7, 0)])
def test_a_sum_beyond_the_scale_is_cut_off_and_says_so(weights: list[int], total: int, score: int) -> None:
    found = weigh(weights)

    assert (found.total, found.score, found.clamped) == (total, score, True)


@given(st.lists(st.integers(-200, 200), max_size=6))
def test_the_score_stays_between_0_and_100(weights: list[int]) -> None:
    found = weigh(weights)

    assert 0 <= found.score <= 100
    assert found.total == sum(weights)
    assert found.clamped == (found.score != sum(weights))
