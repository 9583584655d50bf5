"""Ending a hand-over that its driver left open for too long: writes wait for it, whatever the driver hangs on.

It needs the control row alone: the epoch is above every one set aside, so the driver's own publication is refused when
it wakes up, and the stores' fences let the side serve that served before (PROTOCOL 5.3, F13).
"""

import logging

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.ports import Clock
from migrations_app.handlers.session.zero_downtime.hand_off import aborted
from migrations_app.models import Route
from migrations_app.runtime.clock import DatabaseNow
from migrations_app.runtime.routes import OrmRoutes

logger = logging.getLogger(__name__)


def end_overdue(clock: Clock) -> int:
    """Abort every fenced hand-off whose deadline has passed. Returns how many."""
    ended = 0
    for row in Route.objects.filter(fenced=True, handoff_deadline__lte=DatabaseNow()):
        record, routes = row.record, OrmRoutes(environment_id=row.environment_id, clock=clock)
        try:
            routes.publish(aborted(record, routes), expected_epoch=record.epoch)
        except IllegalTransition:
            continue  # its driver, or another process, was faster
        logger.warning("route %s: the hand-over of epoch %s took too long and was ended", record.name, record.epoch)
        ended += 1
    return ended
