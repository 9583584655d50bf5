"""The gates before a hand-over (PROTOCOL 5.3): each open or closed, with its value and what would open it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import TARGET
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.stores.routed.base import Fenced, Guard, RoutedStore, bucket_of
from migrations_app.stores.sessions.records import SessionRecord

PANEL_AGE_SECONDS = 5.0  # an older panel says nothing: its writer may be gone
CANARY_LIFETIME_MS = 60_000


@dataclass(frozen=True, slots=True)
class Gate:
    """`value` is what was measured, for people; `why` says what a closed gate waits for, "" for an open one."""

    id: str
    title: str
    value: str
    why: str = ""

    @property
    def is_open(self) -> bool:
        return not self.why

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "value": self.value, "why": self.why, "open": self.is_open}


@dataclass(frozen=True, slots=True)
class Gates:
    """`origin` is the side that serves now. `since`: passes that began before do not count."""

    ctx: ActionContext
    pair: Pair
    record: RouteRecord
    origin: str
    since: datetime

    def look(self, buckets: Sequence[int]) -> list[Gate]:
        """All seven, for these buckets. Raises DependencyUnavailable when a store does not answer."""
        panels = self.ctx.live.shown(route.name_of(self.ctx))
        return [
            *self._verified(panels.get("verifier", {})),
            self._lag(panels.get("relay", {}), buckets),
            self._leases(panels.get("relay", {})),
            self._capacity(),
            self._fences(buckets),
            self._plan(),
        ]

    def _verified(self, panel: Mapping[str, Any]) -> Iterator[Gate]:
        passes, diverging = panel.get("passes", 0), panel.get("diverging", 0)
        clean_since = panel.get("clean_since", "")
        seen = f"{panel.get('compared', 0):,} sessions compared in pass {passes}"
        if not guard_is_on("verify_gate"):
            diverging, clean_since = 0, self.since.isoformat()
        clean = bool(clean_since) and datetime.fromisoformat(clean_since) >= self.since
        yield Gate("G1", "A whole clean pass since the last repair", seen, "" if clean else "a clean pass is to come")
        why = f"{diverging} session(s) differ and are being repaired" if diverging else ""
        yield Gate("G2", "No divergence that lasts", f"{diverging} diverging", why)

    def _lag(self, panel: Mapping[str, Any], buckets: Sequence[int]) -> Gate:
        most = self.ctx.parameters["pause_target_ms"] / 4
        at = panel.get("at")
        age = (self.ctx.clock.now() - datetime.fromisoformat(at)).total_seconds() if at else None
        lag = panel.get("lag_p99_ms", 0)
        journal = self.pair.side(self.origin).journal(buckets)
        why = ""
        if age is None or age > PANEL_AGE_SECONDS:
            why = "the relay has not reported for a while"
        elif lag > most:
            why = f"the relay must be quicker than {most:.0f} ms"
        elif panel.get("stuck"):
            why = f"the other store cannot hold {panel['stuck']} session(s): {panel.get('problem', '')}"
        return Gate("G3", "The relay keeps up", f"p99 {lag} ms, {journal.depth} waiting", why)

    def _leases(self, relay: Mapping[str, Any]) -> Gate:
        """Writes around the route were versioned and carried like any other; but whoever made them must have stopped,
        for he would go on writing to the old store after the hand-over."""
        clients = [client for client in self.ctx.live.clients(self.record.name) if client.is_live]
        behind = [client.client_id for client in clients if client.acked_epoch < self.record.epoch]
        why = f"{', '.join(behind[:3])} must acknowledge epoch {self.record.epoch}" if behind else ""
        legacy = self.pair.side(self.origin).legacy_writes() - self.ctx.results["journal"]["legacy_writes"]
        quiet = relay.get("legacy_quiet_ms", 0) >= self.ctx.parameters["legacy_watch_ms"]
        if legacy > 0 and not quiet and not why:
            why = f"{legacy} write(s) came from code that does not follow the route, the last one a moment ago"
        return Gate("G4", "Every client follows the route", f"{len(clients)} live, {len(behind)} behind", why)

    def _capacity(self) -> Gate:
        replica = self.pair.other(self.origin)
        probe = replica.sessions.probe(counted=False)
        free = None if probe.capacity_bytes is None else probe.capacity_bytes - (probe.used_bytes or 0)
        evicts = bool(probe.capacity_bytes) and probe.eviction_policy not in ("", "noeviction")
        why = f"its eviction policy {probe.eviction_policy} may drop sessions" if evicts else ""
        if free is not None and free <= 0:
            why = "it has no room left"
        return Gate("G5", "The new store has room", "no limit known" if free is None else f"{_size(free)} free", why)

    def _fences(self, buckets: Sequence[int]) -> Gate:
        """An old epoch must be refused on both sides, and an accepted write must show up in the journal; tried in one
        of the buckets that are to be handed over."""
        canary = _canary(self.ctx.run_id, buckets[0])
        epoch = self.record.at(buckets[0]).epoch
        why = ""
        for side in (route.SIDE_A, route.SIDE_B):
            if not _refuses_old(self.pair.side(side), canary):
                why = f"side {side} accepts a write of an old epoch"
        origin = self.pair.side(self.origin)
        if not why:
            session = SessionRecord(canary, b"{}")
            origin.write(session, Guard(epoch, journaled=True), lifetime_ms=CANARY_LIFETIME_MS)
            seen = canary in origin.marked([canary]) or self._was_carried(canary)
            origin.delete(canary, Guard(epoch, journaled=True))
            why = "" if seen else "an accepted write did not reach the journal"
        return Gate("G6", "Fences hold and the journal sees", f"tried with epoch {epoch}", why)

    def _was_carried(self, canary: str) -> bool:
        return self.pair.other(self.origin).fetch([canary])[0].record is not None

    def _plan(self) -> Gate:
        expected = self.ctx.results["join"]["target_identity"]
        found = self.pair.b.sessions.probe(counted=False).identity
        why = "" if found == expected else f"the store behind “{self.ctx.targets[TARGET].name}” is another one"
        return Gate("G7", "The plan is the one that was signed", f"target {found}", why)


def _size(count: int) -> str:
    """`78966132736` -> `73.5 GB`, as the pages say sizes."""
    for name, unit in (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)):
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count} bytes"


def _canary(run_id: int, bucket: int) -> str:
    """The id of a session of our own in that bucket."""
    names = (f"snakeweb-canary-{run_id}-{number}" for number in count())
    return next(name for name in names if bucket_of(name) == bucket)


def _refuses_old(store: RoutedStore, canary: str) -> bool:
    fences = store.fences()
    if not fences:
        return False  # the server was emptied
    try:
        store.delete(canary, Guard(fences[bucket_of(canary)] - 1, journaled=False))
    except Fenced:
        return True
    return False
