"""Watching for writers that do not follow the route, while the route has two stores (PROTOCOL 7, F27)."""

import time

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session.zero_downtime.pair import Pair

LOOK_SECONDS = 1.0


class LegacyWatch:
    """`seen` is the number of such writes on the sides that serve. SQL stores count them by trigger; a Redis store
    names keys that changed (`changed_ids`), and each is looked at. What is found is versioned and marked by the look.
    """

    def __init__(self, ctx: BackgroundContext, pair: Pair) -> None:
        self._ctx = ctx
        self._pair = pair
        self._looked = 0.0
        self._heard = time.monotonic()
        self.seen = 0

    @property
    def quiet_ms(self) -> int:
        """For how long there was none; since this watch began at the most."""
        return round((time.monotonic() - self._heard) * 1000)

    def look(self, record: RouteRecord) -> None:
        """At most once a second; says in the run's log when there are new ones."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        sides = sorted({part.authority for part in record.ranges})
        for side in sides:
            store = self._pair.side(side)
            if changed := store.changed_ids():
                store.suspects(changed, self._ctx.worker)
        seen = sum(self._pair.side(side).legacy_writes() for side in sides)
        if seen > self.seen:
            self._heard = now
            self._ctx.log.warning(
                f"{seen - self.seen} write(s) did not follow the route “{record.name}”: code without the router still "
                "writes. They were versioned and carried over; no hand-over happens until they stop."
            )
        self.seen = seen
