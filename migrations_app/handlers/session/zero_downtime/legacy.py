"""Watching for writers that do not follow the route, while the route has two stores (PROTOCOL 7, F27)."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session.zero_downtime.pair import Pair

LOOK_SECONDS = 1.0
AT_ONCE = 100  # ids


class LegacyWatch:
    """`seen` by side is the number of such writes. SQL stores count them by trigger; a Redis store names keys that
    changed (`changed_ids`), and each is looked at. What is found is versioned and marked by the look.

    The relay looks between its passes, so a look is short: the ids of one second are looked at little by little, and
    it has been quiet only for as long as all that changed has been looked at.

    `before` is what the watch of the run's last driver had told (`told`), `age_seconds` how long ago.
    """

    def __init__(
        self, ctx: BackgroundContext, pair: Pair, before: Mapping[str, Any] | None = None, *, age_seconds: float = 0.0
    ) -> None:
        told = before or {}
        self._ctx = ctx
        self._pair = pair
        self._gathered = 0.0
        self._checked = time.monotonic()  # what changed until then has been looked at
        self._heard = self._checked - told.get("legacy_quiet_ms", 0) / 1000 - (age_seconds if told else 0.0)
        self._unchecked: dict[str, list[str]] = {}
        self.seen: dict[str, int] = dict(told.get("legacy_by_side", {}))

    def told(self) -> dict[str, Any]:
        """For the panel. `legacy_quiet_ms`: for how long there was none; since this watch began at the most."""
        return {
            "legacy_writes": sum(self.seen.values()),
            "legacy_by_side": dict(self.seen),
            "legacy_quiet_ms": round((self._checked - self._heard) * 1000),
        }

    def look(self, record: RouteRecord) -> None:
        """At `AT_ONCE` ids at the most. Asks for new ones once a second, when none is left; says in the run's log when
        there were such writes.
        """
        sides = sorted({part.authority for part in record.ranges})
        self._unchecked = {side: ids for side, ids in self._unchecked.items() if ids and side in sides}
        if not self._unchecked:
            if time.monotonic() - self._gathered < LOOK_SECONDS:
                return
            self._gather(sides)
        for side, ids in self._unchecked.items():
            if ids:
                self._pair.side(side).suspects(ids[:AT_ONCE], self._pair.worker)
                del ids[:AT_ONCE]
                break
        if not any(self._unchecked.values()):
            self._checked = self._gathered
            self._count(record, sides)

    def _gather(self, sides: Sequence[str]) -> None:
        self._gathered = time.monotonic()
        for side in sides:
            store = self._pair.side(side)
            self._unchecked[side] = store.changed_ids()
            if not store.watches():
                self._heard = self._gathered  # there may have been one that was not seen

    def _count(self, record: RouteRecord, sides: Sequence[str]) -> None:
        seen = {side: self._pair.side(side).legacy_writes() for side in sides}
        more = sum(max(0, count - self.seen.get(side, 0)) for side, count in seen.items())
        if more:
            self._heard = self._checked
            self._ctx.log.warning(
                f"{more} write(s) did not follow the route “{record.name}”: code without the router still "
                "writes. They were versioned and carried over; no hand-over happens until they stop."
            )
        self.seen |= seen
