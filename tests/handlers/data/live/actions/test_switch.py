"""Before a person says that the services use the target, the source has to refuse writes."""

import pytest

from migrations_app.handlers.data.live import steps
from migrations_app.stores.tables.changes.base import Patience
from tests.handlers.data.live.shop import (
    Shop,
    drive_to,
    nothing_left,
    rolled_back,
)

pytestmark = pytest.mark.servers


def test_a_source_that_takes_writes_again_is_said(shop: Shop):
    shop.fill(5)
    run = shop.move().begin()
    drive_to(run, steps.SWITCH)
    worker = run.memory.claim("run:1")
    with shop.here.log(run=1) as log:
        log.unguard(worker, Patience(seconds=5))
        log.install([], worker, Patience(seconds=5))
    rolled_back(run, "takes writes again")
    nothing_left(shop)
