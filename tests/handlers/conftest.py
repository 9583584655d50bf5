"""Every test of handlers."""

import pytest

from migrations_app.testing.contract import HandlerContract

# They pass the same lines hundreds of times, which the rest of the kit and the handler's own tests measure once.
REPEATING = (
    HandlerContract.test_a_driver_may_die_between_any_two_lines,
    HandlerContract.test_a_driver_may_die_between_any_two_lines_of_an_undo,
    HandlerContract.test_whatever_was_half_done_is_taken_back,
    HandlerContract.test_a_driver_may_die_around_every_step,
    HandlerContract.test_a_driver_may_die_around_every_undo,
)
_NAMES = {test.__name__ for test in REPEATING}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They are not measured: measuring lines makes them take twice the time."""
    for item in items:
        if isinstance(item, pytest.Function) and item.originalname in _NAMES and issubclass(item.cls, HandlerContract):
            item.add_marker("no_cover")
