"""Noticing that a serving store is not what it was: a server that failed over may have forgotten acknowledged writes
(PROTOCOL 7, F10 and F11).

A new incarnation gets a new epoch, so that what is written from now on is newer than anything from before; hand-overs
wait for a whole clean pass of the verifier; and a sequence that fell behind what was carried is reported as a loss.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.background import BackgroundContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session.zero_downtime.hand_off import orphaned
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.publishing import document_of, with_phase
from migrations_app.routing.phases import PHASES

LOOK_SECONDS = 1.0
SIDES = ("a", "b")
PANEL, FORGETFUL = "incarnations", "forgetful"


@dataclass
class Incarnations:
    """`known` by side; the first look of a driver takes over what the one before it had seen.

    `forgetful`: sides of which another incarnation was seen. What such a server lacks it may have forgotten.
    """

    ctx: BackgroundContext
    pair: Pair
    known: dict[str, str] = field(default_factory=dict)
    forgetful: frozenset[str] = frozenset()
    seqs: dict[str, list[int]] = field(default_factory=dict)
    _looked: float = 0.0

    @classmethod
    def of(cls, ctx: BackgroundContext, pair: Pair, route: str) -> "Incarnations":
        seen = ctx.live.shown(route).get(PANEL, {})
        return cls(ctx, pair, {side: seen[side] for side in SIDES if side in seen}, forgetful(seen))

    def look(self, record: RouteRecord) -> None:
        """At most once a second. Raises DependencyUnavailable while a store is away."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        for side in SIDES:
            store = self.pair.side(side)
            found = store.incarnation()
            if self.known.get(side, found) == found:
                self.seqs[side] = list(store.highest_seqs())
            else:
                self._distrust(record)
                if orphaned(record):
                    continue  # it ends in a moment, with a new epoch for its own buckets: then all of them get one
                record = self._changed(record, side)
                self.forgetful |= {side}
            if self.known.get(side) != found:
                self.known[side] = found
                panel = {**self.known, FORGETFUL: sorted(self.forgetful)}
                self.ctx.live.show(record.name, PANEL, panel)

    def _distrust(self, record: RouteRecord) -> None:
        """No pass of the verifier counts that was made before now."""
        repaired = self.ctx.live.shown(record.name).get("verifier", {}).get("repaired_in_all", 0)
        nothing = {"clean_since": "", "passes": 0, "diverging": 0, "compared": 0, "repaired_in_all": repaired}
        self.ctx.live.show(record.name, "verifier", nothing)

    def _changed(self, record: RouteRecord, side: str) -> RouteRecord:
        """The record as it is afterwards. The fences come first: a server that forgot them lets outdated clients in,
        whether it serves or not.
        """
        store = self.pair.side(side)
        lost = _fell(self.seqs.get(side, ()), store.highest_seqs())
        for part in record.ranges:
            store.raise_fence(range(part.first, part.last + 1), part.epoch, self.pair.worker)
        self.ctx.log.warning(
            f"Side {side} of the route “{record.name}” is another incarnation of its server. Every session is compared "
            "anew before any hand-over."
            + (f" In {lost} bucket(s) it forgot writes that it had acknowledged." if lost else "")
        )
        serving = [b for part in record.ranges if part.authority == side for b in range(part.first, part.last + 1)]
        if not serving:
            return record
        epoch = self.ctx.routes.reserved(record.name) + 1
        wanted = record
        for phase in dict.fromkeys(record.at(bucket).phase for bucket in serving):
            if PHASES[phase].authority == side:
                same = [bucket for bucket in serving if record.at(bucket).phase is phase]
                wanted = with_phase(wanted, same, phase, epoch)
        published = self.ctx.routes.publish(wanted, expected_epoch=record.epoch)
        self.pair.mirror(document_of(published), published.epoch)
        store.raise_fence(serving, epoch, self.pair.worker)
        return published


def forgetful(panel: Mapping[str, Any]) -> frozenset[str]:
    """The sides that may have forgotten something, by the panel of that name."""
    return frozenset(panel.get(FORGETFUL, ()))


def _fell(before: Sequence[int], after: Sequence[int]) -> int:
    """In how many buckets the newest sequence number is lower than it was."""
    return sum(now < then for then, now in zip(before, after, strict=False))
