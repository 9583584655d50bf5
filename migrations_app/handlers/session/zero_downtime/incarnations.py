"""Noticing that a serving store is not what it was: a server that failed over may have forgotten acknowledged writes
(PROTOCOL 7, F10 and F11).

A new incarnation gets a new epoch, so that what is written from now on is newer than anything from before; hand-overs
wait for a whole clean pass of the verifier; and a sequence that fell behind what was carried is reported as a loss.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session.zero_downtime.hand_off import orphaned
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.publishing import document_of, with_phase
from migrations_app.routing.phases import PHASES

LOOK_SECONDS = 1.0


@dataclass
class Incarnations:
    """`known` by side; the first look of a driver takes over what the one before it had seen."""

    ctx: BackgroundContext
    pair: Pair
    known: dict[str, str] = field(default_factory=dict)
    seqs: dict[str, list[int]] = field(default_factory=dict)
    _looked: float = 0.0

    @classmethod
    def of(cls, ctx: BackgroundContext, pair: Pair, route: str) -> "Incarnations":
        seen = ctx.live.shown(route).get("incarnations", {})
        return cls(ctx, pair, {side: seen[side] for side in ("a", "b") if side in seen})

    def look(self, record: RouteRecord) -> None:
        """At most once a second. Raises DependencyUnavailable while a store is away."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        for side in ("a", "b"):
            store = self.pair.side(side)
            found = store.incarnation()
            if self.known.get(side, found) != found:
                self._changed(record, side)
            else:
                self.seqs[side] = list(store.highest_seqs())
            if self.known.get(side) != found:
                self.known[side] = found
                self.ctx.live.show(record.name, "incarnations", dict(self.known))

    def _changed(self, record: RouteRecord, side: str) -> None:
        store = self.pair.side(side)
        lost = _fell(self.seqs.get(side, ()), store.highest_seqs())
        self.ctx.live.show(record.name, "verifier", {"clean_since": "", "passes": 0, "diverging": 0, "compared": 0})
        self.ctx.log.warning(
            f"Side {side} of the route “{record.name}” is another incarnation of its server. Every session is compared "
            "anew before any hand-over."
            + (f" In {lost} bucket(s) it forgot writes that it had acknowledged." if lost else "")
        )
        serving = [b for part in record.ranges if part.authority == side for b in range(part.first, part.last + 1)]
        if not serving or orphaned(record):
            return  # a hand-off under way ends by itself, and its end brings a new epoch
        epoch = self.ctx.routes.reserved(record.name) + 1
        wanted = record
        for phase in dict.fromkeys(record.at(bucket).phase for bucket in serving):
            if PHASES[phase].authority == side:
                same = [bucket for bucket in serving if record.at(bucket).phase is phase]
                wanted = with_phase(wanted, same, phase, epoch)
        published = self.ctx.routes.publish(wanted, expected_epoch=record.epoch)
        self.pair.mirror(document_of(published), published.epoch)
        store.raise_fence(serving, epoch, self.ctx.worker)


def _fell(before: Sequence[int], after: Sequence[int]) -> int:
    """In how many buckets the newest sequence number is lower than it was."""
    return sum(now < then for then, now in zip(before, after, strict=False))
