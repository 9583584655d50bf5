import pytest

from migrations_app.engine.errors import (
    ERRORS_BY_CODE,
    DataCorruption,
    DependencyUnavailable,
    MigrationError,
    StepFailed,
    Timeout,
)
from migrations_app.engine.retry import RetryPolicy, decide

POLICY = RetryPolicy(3, first_seconds=1.0, longest_seconds=5.0)


@pytest.mark.parametrize(
    ("error", "failures", "retry", "after"),
    [
        (DependencyUnavailable(), 0, True, 1.0),
        (DependencyUnavailable(), 1, True, 2.0),
        (Timeout(), 2, True, 4.0),
        (DependencyUnavailable(), 3, False, 0.0),
        (DependencyUnavailable(), 99, False, 0.0),
        (StepFailed(), 0, False, 0.0),
        (DataCorruption(), 0, False, 0.0),
    ],
)
def test_decisions(error: MigrationError, failures: int, retry: bool, after: float) -> None:
    decision = decide(error, failures, POLICY)
    assert (decision.retry, decision.after_seconds) == (retry, after)
    assert decision.because


def test_the_wait_is_limited_however_often_it_failed() -> None:
    assert decide(Timeout(), 10_000, RetryPolicy(100_000, 1.0, 60.0)).after_seconds == 60.0


def test_only_what_goes_away_by_itself_is_retryable() -> None:
    retryable = {code for code, error in ERRORS_BY_CODE.items() if error.retryable}
    assert retryable == {"timeout", "dependency_unavailable"}
