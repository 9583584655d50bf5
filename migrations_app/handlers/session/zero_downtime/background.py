"""What goes on beside the steps: the relay in both directions, and the verifier, pass after pass.

Both go by the published route alone: they begin to matter with DUAL_A and end by themselves when no bucket is dual
any more, whatever became of the run.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.background import Background, BackgroundContext
from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.fingerprint import key_of
from migrations_app.handlers.session.parameters import SOURCE, route_name
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.zero_downtime.collector import Collector
from migrations_app.handlers.session.zero_downtime.hand_off import HANDING
from migrations_app.handlers.session.zero_downtime.incarnations import PANEL, Incarnations, forgetful
from migrations_app.handlers.session.zero_downtime.legacy import LegacyWatch
from migrations_app.handlers.session.zero_downtime.levelness import Levelness
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.handlers.session.zero_downtime.relay import Relay, Relayed
from migrations_app.handlers.session.zero_downtime.verifier import Pass, Verifier, summary

DUAL = (RoutePhase.DUAL_A, RoutePhase.DUAL_B, *HANDING)
SERVED: Mapping[str, tuple[RoutePhase, ...]] = {
    "a": (RoutePhase.DUAL_A, RoutePhase.HANDOFF),
    "b": (RoutePhase.DUAL_B, RoutePhase.HANDOFF_BACK),
}
LOOK_AT_ROUTE_SECONDS = 0.1
SHOW_SECONDS = 1.0
FEW = 50  # sessions; a pass that found fewer is followed by a rest, so that the next one finds more at once
REST_SECONDS = 0.01
LAG_WINDOW_SECONDS = 10.0
PASSES = 10_000
SHORTEST_REST, LONGEST_REST = timedelta(seconds=1), timedelta(seconds=5)  # of the verifier, between passes
RELAY_SILENCE = timedelta(seconds=5)


@dataclass
class Flow:
    """What the relay has done since its driver began. `passes`: (when, how late, how many sessions) of late."""

    carried: int = 0
    passes: deque[tuple[float, int, int]] = field(default_factory=lambda: deque(maxlen=PASSES))
    last: dict[str, Relayed] = field(default_factory=dict)  # by the side that it carries from

    def saw(self, side: str, passed: Relayed) -> None:
        self.carried += len(passed.ids)
        self.last[side] = passed
        if passed.ids:
            self.passes.append((time.monotonic(), passed.oldest_ms, len(passed.ids)))

    def stuck(self) -> dict[str, Any]:
        """How many sessions wait because a side cannot hold them; which side, and why it refused the first."""
        held_back = {side: passed for side, passed in self.last.items() if passed.stuck}
        side, first = next(iter(held_back.items()), ("", Relayed()))
        return {
            "stuck": sum(passed.stuck for passed in held_back.values()),
            "stuck_on": {"a": "b", "b": "a"}.get(side, ""),
            "problem": first.problem,
        }

    @property
    def lag_p99_ms(self) -> int:
        """Of the sessions carried in the last seconds; each counts with the age of its pass's oldest mark."""
        since = time.monotonic() - LAG_WINDOW_SECONDS
        recent = sorted((late, carried) for at, late, carried in self.passes if at >= since)
        left = sum(carried for _, carried in recent) / 100
        for late, carried in reversed(recent):
            left -= carried
            if left < 0:
                return late
        return 0


def name_of(ctx: BackgroundContext) -> str:
    return route_name(ctx.parameters, ctx.targets[SOURCE].name)


def dual_record(ctx: BackgroundContext) -> RouteRecord | None:
    """The route as it is, None when no bucket of it has two stores any more."""
    record = ctx.routes.get(name_of(ctx))
    return record if record is not None and buckets_in(record, *DUAL) else None


class RelayDriver(Background):
    def drive(self, ctx: BackgroundContext) -> datetime | None:
        record = dual_record(ctx)
        if record is None:
            return None
        before = ctx.live.shown(record.name).get("relay", {})
        before = before if before.get("run") == ctx.run_id else {}
        flow = Flow(carried=before.get("carried", 0))
        with opened(ctx.targets, ctx.worker) as pair:
            skew = pair.skew_ms()
            relays = {"a": Relay(pair.a, pair.b, pair.worker, skew), "b": Relay(pair.b, pair.a, pair.worker, -skew)}
            watch = LegacyWatch(ctx, pair, before, age_seconds=_age_seconds(ctx, before))
            incarnations = Incarnations.of(ctx, pair, record.name)
            looked = shown = time.monotonic()
            while True:
                ctx.alive()
                moved = self._carry(record, relays, flow)
                now = time.monotonic()
                if now - looked >= LOOK_AT_ROUTE_SECONDS:
                    looked, record = now, dual_record(ctx)
                    if record is None:
                        return None
                    if buckets_in(record, *HANDING):
                        reach("relay.handing")
                    watch.look(record)
                    incarnations.look(record)
                if now - shown >= SHOW_SECONDS:
                    shown = now
                    ctx.live.show(record.name, "relay", {"run": ctx.run_id, **self._panel(record, pair, flow, watch)})
                if moved < FEW:
                    time.sleep(REST_SECONDS)

    def _carry(self, record: RouteRecord, relays: Mapping[str, Relay], flow: Flow) -> int:
        """How many sessions."""
        moved = 0
        for side, phases in SERVED.items():
            if buckets := buckets_in(record, *phases):
                passed = relays[side].carry(buckets)
                flow.saw(side, passed)
                moved += len(passed.ids)
        return moved

    def _panel(self, record: RouteRecord, pair: Pair, flow: Flow, watch: LegacyWatch) -> dict[str, Any]:
        forward = pair.a.journal(buckets_in(record, *SERVED["a"]))
        back = pair.b.journal(buckets_in(record, *SERVED["b"]))
        return {
            "lag_p99_ms": flow.lag_p99_ms,
            "oldest_ms": max(forward.oldest_ms, back.oldest_ms),
            "depth": forward.depth + back.depth,
            "depth_forward": forward.depth,
            "depth_back": back.depth,
            "carried": flow.carried,
            **flow.stuck(),
            **watch.told(),
            "skew_ms": pair.skew_ms(),
        }


class _Overtaken(Exception):
    """The route or a server is another one than when the pass began: such a pass proves nothing."""


@dataclass(frozen=True, slots=True)
class _Course:
    """Of one pass: it ends when something overtakes it."""

    ctx: BackgroundContext
    record: RouteRecord
    incarnations: Mapping[str, Any]

    def go_on(self, _compared: int) -> None:
        """After each page, and in the end."""
        self.ctx.alive()
        now, panels = self.ctx.routes.get(self.record.name), self.ctx.live.shown(self.record.name)
        if now is None or now.epoch != self.record.epoch or _incarnations(panels) != self.incarnations:
            raise _Overtaken


class VerifierDriver(Background):
    """One pass, then a rest about as long; it holds no worker between passes.

    A pass that a hand-over overtakes is stopped and begun anew: the next wave waits for one that began after it.
    """

    def drive(self, ctx: BackgroundContext) -> datetime | None:
        record = dual_record(ctx)
        if record is None:
            return None
        panels = ctx.live.shown(record.name)
        began = ctx.clock.now()
        with opened(ctx.targets, ctx.worker) as pair:
            checking = verifier(ctx, pair, record, _Course(ctx, record, _incarnations(panels)).go_on)
            found, overtaken = checking.found, False
            try:
                checking.run()
                ctx.live.show(record.name, "verifier", panel_after(panels.get("verifier", {}), found, began))
            except _Overtaken:
                overtaken = True
            if self._relay_is_alive(ctx, record):
                # The backfill is over: what a frozen driver of it still holds is refused from now on.
                close_partitions(ctx.run_id, ctx.options["parallel_workers"], pair.b.sessions)
                Collector(pair, pair.worker).collect()
        if found.diverging:
            ctx.log.warning(f"{found.diverging} session(s) differed between the stores; {found.repaired} repaired.")
        now = ctx.clock.now()
        return now if overtaken else now + min(max(SHORTEST_REST, now - began), LONGEST_REST)

    def _relay_is_alive(self, ctx: BackgroundContext, record: RouteRecord) -> bool:
        """Whether its panel is fresh: then its fence shuts out every relay before it."""
        at = ctx.live.shown(record.name).get("relay", {}).get("at")
        return at is not None and ctx.clock.now() - datetime.fromisoformat(at) < RELAY_SILENCE


def _age_seconds(ctx: BackgroundContext, panel: Mapping[str, Any]) -> float:
    at = panel.get("at")
    return (ctx.clock.now() - datetime.fromisoformat(at)).total_seconds() if at else 0.0


def _incarnations(panels: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    panel = panels.get(PANEL, {})
    return {side: panel[side] for side in SERVED if side in panel}


def panel_after(before: Mapping[str, Any], found: Pass, began: datetime) -> Mapping[str, Any]:
    return summary(
        before.get("passes", 0) + 1,
        found,
        clean_since=began.isoformat() if found.is_clean else "",
        repaired=before.get("repaired_in_all", 0) + found.repaired,
    )


def verifier(
    ctx: BackgroundContext | ActionContext, pair: Pair, record: RouteRecord, tick: Callable[[int], None]
) -> Verifier:
    """For one pass that goes by this record."""
    level = Levelness(
        pair,
        lambda bucket: record.at(bucket).authority,
        key_of(ctx.extra),
        ctx.parameters["deadline_tolerance_ms"],
        pair.skew_ms(),
        forgetful(ctx.live.shown(record.name).get(PANEL, {})),
    )
    return Verifier(
        pair,
        level,
        pair.worker,
        settle_seconds=ctx.parameters["settle_ms"] / 1000,
        tick=tick,
        now_published=lambda: ctx.routes.get(record.name),
        newest_wins=ctx.parameters["after_regression"] == "newest",
    )
