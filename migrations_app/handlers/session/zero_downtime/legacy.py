"""Watching for writers that do not follow the route, while the route has two stores (PROTOCOL 7, F27)."""

import time
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session.zero_downtime.pair import Pair

LOOK_SECONDS = 1.0


class LegacyWatch:
    """`seen` by side is the number of such writes. SQL stores count them by trigger; a Redis store names keys that
    changed (`changed_ids`), and each is looked at. What is found is versioned and marked by the look.

    `before` is what the watch of the run's last driver had told (`told`), `age_seconds` how long ago.
    """

    def __init__(
        self, ctx: BackgroundContext, pair: Pair, before: Mapping[str, Any] | None = None, *, age_seconds: float = 0.0
    ) -> None:
        told = before or {}
        self._ctx = ctx
        self._pair = pair
        self._looked = 0.0
        self._heard = time.monotonic() - told.get("legacy_quiet_ms", 0) / 1000 - (age_seconds if told else 0.0)
        self.seen: dict[str, int] = dict(told.get("legacy_by_side", {}))

    def told(self) -> dict[str, Any]:
        """For the panel. `legacy_quiet_ms`: for how long there was none; since this watch began at the most."""
        return {
            "legacy_writes": sum(self.seen.values()),
            "legacy_by_side": dict(self.seen),
            "legacy_quiet_ms": round((time.monotonic() - self._heard) * 1000),
        }

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
                store.suspects(changed, self._pair.worker)
            if not store.watches():
                self._heard = now  # there may have been one that was not seen
        seen = {side: self._pair.side(side).legacy_writes() for side in sides}
        more = sum(max(0, count - self.seen.get(side, 0)) for side, count in seen.items())
        if more:
            self._heard = now
            self._ctx.log.warning(
                f"{more} write(s) did not follow the route “{record.name}”: code without the router still "
                "writes. They were versioned and carried over; no hand-over happens until they stop."
            )
        self.seen |= seen
