"""The hand-over of some buckets to the other side, in the order that the model was checked with (PROTOCOL 5.3).

(a) set two epochs aside, before any store is touched; (b) publish the hand-off under the first; (c) raise the
authority's fence to it; (d) only now empty the journal into the replica; (e) compare what changed lately; (f) raise
the fence to the second epoch, so that reads stop too; (g) publish the new authority under the second. Writes wait from
(b) to (g). Whatever goes wrong before (g) is answered by an epoch above every one set aside, with the authority as it
was; a fence is never lowered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from migrations_app.engine.crash_points import Crash, reach
from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition, LeaseLost, MigrationError
from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import RouteRecord, Routes
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.zero_downtime.levelness import Levelness
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in, mirror, publish, with_phase
from migrations_app.handlers.session.zero_downtime.relay import Relay

HANDING = (RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK)


@dataclass(frozen=True, slots=True)
class Way:
    """One direction: `stays` is where an abort leads back to, `goes` where the hand-over ends."""

    stays: RoutePhase
    handing: RoutePhase
    goes: RoutePhase
    origin: str
    replica: str


FORWARD = Way(RoutePhase.DUAL_A, RoutePhase.HANDOFF, RoutePhase.DUAL_B, route.SIDE_A, route.SIDE_B)
BACK = Way(RoutePhase.DUAL_B, RoutePhase.HANDOFF_BACK, RoutePhase.DUAL_A, route.SIDE_B, route.SIDE_A)


class HandOffAborted(DependencyUnavailable):
    """The hand-over was given up in time; the side that served before serves on, and nothing was lost.

    `details`: `paused_ms`, how long writes waited for nothing; `differences` when the stores differed.
    """

    code = "hand_off_aborted"
    retryable = True


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`paused_ms`: from the publication of the hand-off to that of the new authority; `drained` sessions meanwhile."""

    record: RouteRecord
    paused_ms: int
    drained: int
    compared: int


def orphaned(record: RouteRecord) -> bool:
    """Whether a hand-off stands open: nobody but its driver leaves one so."""
    return bool(buckets_in(record, *HANDING))


def aborted(record: RouteRecord, routes: Routes) -> RouteRecord:
    """The record without open hand-offs: the side that served serves on, under an epoch above every one set aside.

    A store may refuse those already, and whoever set them aside may still publish them.
    """
    epoch = routes.reserved(record.name) + 1 if guard_is_on("reserve_epochs") else record.epoch
    wanted = record
    for way in (FORWARD, BACK):
        if handing := buckets_in(wanted, way.handing):
            wanted = with_phase(wanted, handing, way.stays, epoch)
    return wanted


def abort(ctx: ActionContext, pair: Pair | None, reason: str) -> RouteRecord:
    """End every open hand-off. Needs the control row alone, so that a store that does not answer keeps nobody waiting;
    the stores mirror it when there is a `pair`.
    """
    while True:
        record = route.current(ctx)
        if not orphaned(record):
            if pair is not None:
                mirror(ctx, pair, record)  # somebody else ended it, perhaps without the stores
            return record
        try:
            published = publish(ctx, pair, aborted(record, ctx.routes), expected_epoch=record.epoch)
        except IllegalTransition:
            continue  # somebody was faster; look again
        ctx.log.warning(
            f"The hand-over was given up: {reason} Writes go on where they were, under epoch {published.epoch}."
        )
        return published


@dataclass(frozen=True, slots=True)
class HandOff:
    """Hands buckets over in one direction. `lately` gives ids worth a comparison while writes wait."""

    ctx: ActionContext
    pair: Pair
    way: Way
    relay: Relay
    level: Levelness
    lately: Callable[[], Sequence[str]]

    def hand_over(self, buckets: Sequence[int]) -> HandedOver:
        """Raises HandOffAborted when it was given up, and LeaseLost when this driver was replaced."""
        began = self.ctx.clock.monotonic()
        with self.ctx.live.urgent():
            try:
                return self._hand_over(buckets)
            except (LeaseLost, Crash):
                raise
            except MigrationError as error:
                abort(self.ctx, self.pair, error.message)
                paused_ms = round((self.ctx.clock.monotonic() - began) * 1000)
                raise HandOffAborted(error.message, details={**error.details, "paused_ms": paused_ms}) from error
            except BaseException:
                abort(self.ctx, self.pair, "the driver stopped.")
                raise

    def _hand_over(self, buckets: Sequence[int]) -> HandedOver:
        ctx, way = self.ctx, self.way
        limit = ctx.parameters["pause_limit_ms"] / 1000
        before = route.current(ctx)
        servers = self._incarnations()
        second = ctx.routes.reserve(before.name, expected_epoch=before.epoch, count=2)
        first = second - 1
        reach("hand_off.reserved")
        began = ctx.clock.monotonic()
        deadline = ctx.routes.now() + timedelta(seconds=limit)
        origin, replica = self.pair.side(way.origin), self.pair.side(way.replica)
        early = [] if guard_is_on("drain_after_fence") else self._drain(buckets, began + limit)
        handing = publish(
            ctx, self.pair, with_phase(before, buckets, way.handing, first, deadline), expected_epoch=before.epoch
        )
        reach("hand_off.published")
        origin.raise_fence(buckets, first, self.pair.worker, within_ms=ctx.parameters["pause_target_ms"])
        reach("hand_off.fenced")
        drained = self._drain(buckets, began + limit) if guard_is_on("drain_after_fence") else early
        reach("hand_off.drained")
        compared = self._compare(drained)
        reach("hand_off.compared")
        self._in_time(began + limit, "comparing")
        if guard_is_on("fence_before_publish"):
            origin.raise_fence(buckets, second, self.pair.worker, within_ms=ctx.parameters["pause_target_ms"])
        replica.raise_fence(buckets, second, self.pair.worker, within_ms=ctx.parameters["pause_target_ms"])
        if self._incarnations() != servers:
            raise HandOffAborted("A server was started anew while writes waited: it may have forgotten its fences.")
        self._in_time(began + limit, "closing the fences")
        reach("hand_off.closed")
        record = publish(ctx, self.pair, with_phase(handing, buckets, way.goes, second), expected_epoch=handing.epoch)
        reach("hand_off.done")
        paused = round((ctx.clock.monotonic() - began) * 1000)
        return HandedOver(record, paused, len(drained), compared)

    def _incarnations(self) -> tuple[str, str]:
        return self.pair.a.incarnation(), self.pair.b.incarnation()

    def _drain(self, buckets: Sequence[int], ends: float) -> list[str]:
        origin = self.pair.side(self.way.origin)
        carried: list[str] = []
        while True:
            passed = self.relay.carry(buckets)
            carried += passed.ids
            if not passed.ids and not passed.stuck and origin.journal(buckets).depth == 0:
                return carried
            if passed.stuck:
                raise HandOffAborted(f"{passed.stuck} session(s) cannot be held by the other store: {passed.problem}")
            self.ctx.progress.alive()
            self._in_time(ends, "emptying the journal")

    def _compare(self, drained: Sequence[str]) -> int:
        ids = list(dict.fromkeys([*drained, *self.lately()]))[:1000]
        differing = self.level.differing(ids)
        if differing:
            raise HandOffAborted(
                f"{len(differing)} session(s) differ between the stores while writes wait.",
                details={"differences": [difference.as_dict() for difference in differing[:20]]},
            )
        return len(ids)

    def _in_time(self, ends: float, doing: str) -> None:
        if self.ctx.clock.monotonic() > ends:
            limit = self.ctx.parameters["pause_limit_ms"]
            raise HandOffAborted(f"{doing[0].upper()}{doing[1:]} took longer than the {limit} ms that writes may wait.")
