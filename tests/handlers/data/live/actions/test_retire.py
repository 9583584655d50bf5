"""The way back is given up as a whole, also by a second driver."""

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.handlers.data.live import steps
from tests.handlers.data.live.shop import (
    Shop,
    drive_to,
    finished,
    nothing_left,
)

pytestmark = pytest.mark.servers


def test_a_driver_that_dies_between_the_two_logs(shop: Shop):
    shop.fill(5)
    run = shop.move().begin()
    drive_to(run, steps.RETIRE)
    with armed("data.live.retired:raise"), pytest.raises(Crash):
        run.finish()
    finished(run)

    nothing_left(shop)
