import pytest

from migrations_app.engine.background import Background
from tests.engine.toy import ToyHandler, World


def test_a_handler_has_nothing_going_on_beside_its_steps_by_default() -> None:
    assert ToyHandler(World()).background() == {}


def test_a_background_driver_without_a_drive_is_none() -> None:
    with pytest.raises(TypeError, match="drive"):
        Background()  # type: ignore[abstract]
