import pytest

from migrations_app.engine.interruptions import Cancelled, Interruption, Paused, RollbackAsked, SliceOver, Superseded


@pytest.mark.parametrize("interruption", [SliceOver, Paused, Cancelled, RollbackAsked, Superseded])
def test_an_action_that_catches_every_exception_lets_it_pass(interruption: type[Interruption]) -> None:
    def action() -> None:
        try:
            raise interruption
        except Exception as error:
            raise AssertionError("caught") from error

    with pytest.raises(interruption):
        action()
