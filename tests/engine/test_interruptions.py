import pytest

from migrations_app.engine.interruptions import (
    Cancelled,
    Interruption,
    Paused,
    RollbackAsked,
    SliceOver,
    Superseded,
    Waits,
)
from migrations_app.engine.run_view import ParkedFor


@pytest.mark.parametrize("interruption", [SliceOver, Paused, Cancelled, RollbackAsked, Superseded])
def test_an_action_that_catches_every_exception_lets_it_pass(interruption: type[Interruption]) -> None:
    def action() -> None:
        try:
            raise interruption
        except Exception as error:
            raise AssertionError("caught") from error

    with pytest.raises(interruption):
        action()


def test_a_wait_says_why_and_until_when() -> None:
    waits = Waits(ParkedFor.HELD)
    assert (str(waits), waits.reason, waits.wake_at) == ("held", ParkedFor.HELD, None)
