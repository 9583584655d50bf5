"""The hand-over, in waves: one bucket, a tenth, all; each through the gates, with a soak in between and at the end.

A person may postpone it, release it, or bring everything back, as often as they want: their order is a level, and this
step brings the route to where the order wants it. Undo brings every bucket back to the source.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.fingerprint import key_of
from migrations_app.handlers.session.parameters import RELEASED, SOURCE, TARGET
from migrations_app.handlers.session.zero_downtime.gates import Gates
from migrations_app.handlers.session.zero_downtime.hand_off import BACK, FORWARD, HandOff, HandOffAborted, Way, abort
from migrations_app.handlers.session.zero_downtime.levelness import Levelness
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.proving import prove_source
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in, mirror
from migrations_app.handlers.session.zero_downtime.relay import Relay
from migrations_app.handlers.session.zero_downtime.waves import CHUNK, WAVES, next_chunk, size_after, wave_of

GATE_SECONDS = 0.5  # a look asks both stores about twenty questions
SAVE_SECONDS = 2.0
MOST_ABORTS = 5
LATELY = 200  # sessions
FEW = 50  # sessions; with more of them the journal is not nearly empty
LISTEN_TIMES, LISTEN_SECONDS, LONGEST_LISTENING_SECONDS = 10, 0.03, 5.0


@dataclass(frozen=True, slots=True)
class State:
    """What the checkpoint keeps. `wave_at`: when the last wave was complete, ISO 8601; `aborts` in a row.

    `differed_at`: when the stores last differed while writes waited: a pass must prove them level since. `chunk`:
    buckets that the next hand-over takes at most.
    """

    waves: int = 0
    wave_at: str = ""
    differed_at: str = ""
    aborts: int = 0
    hand_overs: int = 0
    hand_backs: int = 0
    longest_pause_ms: int = 0
    chunk: int = CHUNK

    def paused(self, paused_ms: int, target_ms: int) -> "State":
        """Writes waited so long; also for a hand-over that was given up."""
        longest = max(self.longest_pause_ms, paused_ms)
        return replace(self, longest_pause_ms=longest, chunk=size_after(self.chunk, paused_ms, target_ms))

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "State":
        return cls(**{name: saved[name] for name in cls.__slots__ if name in saved})


class Switch(Action):
    """Result: hand_overs, hand_backs (numbers of hand-offs), longest_pause_ms."""

    not_proven = "The hand-over in waves, its gates and its soak: the route stays where it is."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        abort(ctx, None, "its driver died.")  # before any store is asked: writes wait for it
        state = _as_the_route_is(ctx, State.from_dict(ctx.checkpoint))
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            mirror(ctx, pair, route.current(ctx))
            while True:
                record = route.current(ctx)
                order = _order(ctx)
                if order is CutoverOrder.BACK:
                    state = self._all_back(ctx, pair, state)
                    self._wait(ctx, state, ParkedFor.HELD)
                if not buckets_in(record, RoutePhase.DUAL_A):
                    if self._soaked(ctx, state, ctx.parameters["soak_ms"]):
                        return self._result(state)
                    continue
                if order is CutoverOrder.HOLD:
                    self._wait(ctx, state, ParkedFor.HELD)
                if not self._soaked(ctx, state, ctx.parameters["canary_soak_ms"]):
                    continue
                state = self._hand_over(ctx, pair, record, state)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"waves": len(WAVES), "buckets": 256}

    def undo(self, ctx: ActionContext) -> None:
        """Every bucket back to the source, which has all that was written since. Refused once it was completed."""
        record = ctx.routes.get(route.name_of(ctx))
        if record is None:
            return
        if buckets_in(record, RoutePhase.SINGLE_B, RoutePhase.RETIRED):
            raise IllegalTransition(
                f"“{ctx.targets[SOURCE].name}” was let go when the migration was completed: it no longer holds what "
                f"“{ctx.targets[TARGET].name}” serves. Plan a migration in the other direction."
            )
        abort(ctx, None, "the run is rolled back.")
        record = route.current(ctx)
        if not buckets_in(record, RoutePhase.DUAL_B):
            return  # nothing was handed over: no store needs to be asked
        ctx.live.want("relay")
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            mirror(ctx, pair, record)
            self._all_back(ctx, pair, State())

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        name, source, target = route.name_of(ctx), ctx.targets[SOURCE].name, ctx.targets[TARGET].name
        return (
            f"See that both stores answer, then retry the rollback: “{target}” serves meanwhile, and its journal knows "
            f"what “{source}” lacks.",
            f"Only if “{target}” is lost for good: set the route “{name}” to phase plain_a, authority a, with a "
            f"greater epoch; sessions that changed since the journal was last empty go back to what “{source}” holds.",
        )

    def _hand_over(self, ctx: ActionContext, pair: Pair, record: RouteRecord, state: State) -> State:
        """One chunk of the wave under way, once its gates are open. The state says what came of it."""
        chunk = next_chunk(record, state.chunk)
        with _hand_off(ctx, pair, FORWARD, record) as hand_off:
            if not self._through_gates(ctx, pair, record, state, chunk, hand_off):
                return state
            _listen(ctx, hand_off, chunk)
            try:
                done = hand_off.hand_over(chunk)
            except HandOffAborted as reason:
                return self._after_abort(ctx, state, reason)
        waves = wave_of(done.record)
        state = replace(
            state.paused(done.paused_ms, ctx.parameters["pause_target_ms"]),
            waves=waves,
            wave_at=ctx.clock.now().isoformat() if waves > state.waves else state.wave_at,
            aborts=0,
            hand_overs=state.hand_overs + 1,
        )
        ctx.log.info(
            f"{len(chunk)} bucket(s) are served by “{ctx.targets[TARGET].name}”; writes waited {done.paused_ms} ms, "
            f"{done.drained} session(s) were carried meanwhile."
        )
        self._save(ctx, state)
        return state

    def _after_abort(self, ctx: ActionContext, state: State, reason: HandOffAborted) -> State:
        differed_at = ctx.clock.now().isoformat() if reason.details.get("differences") else state.differed_at
        state = replace(_waited(ctx, state, reason), aborts=state.aborts + 1, differed_at=differed_at)
        if state.aborts >= MOST_ABORTS:
            ctx.log.warning(
                f"The hand-over was given up {state.aborts} times in a row ({reason.message}) and is not tried again "
                "until a person releases it."
            )
            self._wait(ctx, replace(state, aborts=0), ParkedFor.HELD)
        self._save(ctx, state)
        return state

    def _through_gates(
        self, ctx: ActionContext, pair: Pair, record: RouteRecord, state: State, chunk: Sequence[int], hand_off: HandOff
    ) -> bool:
        """Wait for the gates. False when an order or another record came meanwhile.

        Passes of the verifier count from when the proof began: before it nothing was complete.
        """
        times = (state.wave_at, state.differed_at, ctx.results["prove"]["began_at"])
        gates = Gates(ctx, pair, record, FORWARD.origin, max(datetime.fromisoformat(at) for at in times if at))
        saved = ctx.clock.monotonic()
        while True:
            seen = gates.look(chunk)
            ctx.live.show(record.name, "gates", {"gates": [gate.as_dict() for gate in seen], "buckets": len(chunk)})
            if all(gate.is_open for gate in seen):
                return True
            if _order(ctx) in (CutoverOrder.HOLD, CutoverOrder.BACK) or route.current(ctx).epoch != record.epoch:
                return False
            hand_off.relay.carry(chunk)
            if ctx.clock.monotonic() - saved >= SAVE_SECONDS:
                saved = ctx.clock.monotonic()
                self._save(ctx, state)
            ctx.progress.alive()
            time.sleep(GATE_SECONDS)

    def _all_back(self, ctx: ActionContext, pair: Pair, state: State) -> State:
        """Hand every bucket back that the target serves. Raises HandOffAborted when that did not work."""
        aborts = 0
        prove_source(ctx, pair)
        while True:
            record = route.current(ctx)
            handed = buckets_in(record, RoutePhase.DUAL_B)
            if not handed:
                return replace(state, waves=0, wave_at="", aborts=0)
            chunk = handed[: state.chunk]
            with _hand_off(ctx, pair, BACK, record) as hand_off:
                _listen(ctx, hand_off, chunk)
                try:
                    done = hand_off.hand_over(chunk)
                except HandOffAborted as reason:
                    state, aborts = _waited(ctx, state, reason), aborts + 1
                    if aborts >= MOST_ABORTS:
                        raise
                    prove_source(ctx, pair, differs=bool(reason.details.get("differences")))
                    continue
            state = state.paused(done.paused_ms, ctx.parameters["pause_target_ms"])
            state = replace(state, hand_backs=state.hand_backs + 1)
            ctx.log.info(
                f"{len(chunk)} bucket(s) are served by “{ctx.targets[SOURCE].name}” again; writes waited "
                f"{done.paused_ms} ms."
            )

    def _soaked(self, ctx: ActionContext, state: State, soak_ms: int) -> bool:
        """Whether the last wave has proven itself for long enough; parks the run until it has."""
        if not state.wave_at:
            return True
        ends = datetime.fromisoformat(state.wave_at) + timedelta(milliseconds=soak_ms)
        if ctx.clock.now() >= ends:
            return True
        self._wait(ctx, state, ParkedFor.SOAK, ends)
        return False

    def _wait(self, ctx: ActionContext, state: State, reason: ParkedFor, wake_at: datetime | None = None) -> None:
        self._save(ctx, state)
        raise Waits(reason, wake_at)

    def _save(self, ctx: ActionContext, state: State) -> None:
        served = len(buckets_in(route.current(ctx), RoutePhase.DUAL_B))
        ctx.progress.save(state.as_dict(), done=served, total=256, unit="buckets")

    def _result(self, state: State) -> dict[str, Any]:
        return {
            "hand_overs": state.hand_overs,
            "hand_backs": state.hand_backs,
            "longest_pause_ms": state.longest_pause_ms,
        }


def _order(ctx: ActionContext) -> CutoverOrder:
    """What a person wants; without an order the plan says whether to wait for one."""
    order = ctx.live.order()
    if order is CutoverOrder.NONE and ctx.parameters["hand_over"] == RELEASED:
        return CutoverOrder.HOLD
    return order


def _as_the_route_is(ctx: ActionContext, state: State) -> State:
    """A driver may have died after a hand-over and before it was noted: a wave that is complete soaks from now."""
    waves = wave_of(route.current(ctx))
    if waves == state.waves:
        return state
    return replace(state, waves=waves, wave_at=ctx.clock.now().isoformat() if waves else "")


def _waited(ctx: ActionContext, state: State, reason: HandOffAborted) -> State:
    """Writes waited for a hand-over that was given up as well."""
    return state.paused(reason.details.get("paused_ms", 0), ctx.parameters["pause_target_ms"])


def _listen(ctx: ActionContext, hand_off: HandOff, buckets: Sequence[int]) -> None:
    """Empty most of the journal before anybody has to wait for the rest of it, and for a moment carry what comes,
    beside the relay: what was written lately is compared once more while writes wait.
    """
    ends = ctx.clock.monotonic() + LONGEST_LISTENING_SECONDS
    listened = 0
    while listened < LISTEN_TIMES and ctx.clock.monotonic() < ends:
        if len(hand_off.relay.carry(buckets).ids) < FEW:
            listened += 1
            time.sleep(LISTEN_SECONDS)
        else:
            ctx.progress.alive()


@contextmanager
def _hand_off(ctx: ActionContext, pair: Pair, way: Way, record: RouteRecord) -> Iterator[HandOff]:
    skew = pair.skew_ms()
    lately: deque[str] = deque(maxlen=LATELY)
    relay = Relay(
        pair.side(way.origin), pair.side(way.replica), pair.worker, skew if way is FORWARD else -skew, lately.extend
    )
    level = Levelness(pair, lambda bucket: way.origin, key_of(ctx.extra), ctx.parameters["deadline_tolerance_ms"], skew)
    yield HandOff(ctx, pair, way, relay, level, lambda: list(lately))
