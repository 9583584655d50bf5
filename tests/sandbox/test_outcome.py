import pytest

from migrations_app.sandbox import Ending, Outcome


@pytest.mark.parametrize(
    ("ending", "status", "succeeded"),
    [(Ending.EXITED, 0, True), (Ending.EXITED, 1, False), (Ending.KILLED, 9, False), (Ending.TIMED_OUT, 0, False)],
)
def test_only_an_exit_with_zero_is_a_success(ending, status, succeeded):
    assert Outcome(ending, status, b"", b"", 0.1).succeeded is succeeded
