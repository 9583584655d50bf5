"""The rail of a route: through which phases it goes, where it stands, and what that means for those who serve."""

from dataclasses import dataclass

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.selectors.route_live import CURRENT, DONE, PhaseStop, RouteLive

BUCKETS = 256


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """`state` is done, now, undone or ''."""

    label: str
    note: str
    state: str


LABELS = {
    RoutePhase.PLAIN_A: "Plain",
    RoutePhase.JOURNAL_A: "Journal",
    RoutePhase.DUAL_A: "Dual, source leads",
    RoutePhase.HANDOFF: "Hand-over",
    RoutePhase.DUAL_B: "Dual, target leads",
    RoutePhase.SINGLE_B: "Single",
    RoutePhase.RETIRED: "Retired",
}


def phase_rail(route: RouteLive) -> tuple[PhaseMark, ...]:
    return tuple(_mark(route, stop) for stop in route.phases)


def _mark(route: RouteLive, stop: PhaseStop) -> PhaseMark:
    back = stop.phase is RoutePhase.HANDOFF and route.handing_back
    state = "undone" if back else {DONE: "done", CURRENT: "now"}.get(stop.state, "")
    return PhaseMark("Handing back" if back else LABELS[stop.phase], _note(route, stop), state)


def _note(route: RouteLive, stop: PhaseStop) -> str:
    if stop.state == CURRENT:
        return _now(route, stop.phase)
    if stop.phase is RoutePhase.HANDOFF:
        pauses = route.hand_overs
        if stop.state != DONE:
            return f"≤ {pauses.pause_target_ms} ms pause"
        return f"longest pause {pauses.longest_pause_ms} ms" if pauses.longest_pause_ms else "over"
    return _PASSED[stop.phase] if stop.state == DONE else _TO_COME[stop.phase]


def _now(route: RouteLive, phase: RoutePhase) -> str:
    traffic = route.traffic
    if phase is RoutePhase.HANDOFF:
        back = f"{route.on_source} of {BUCKETS} buckets back"
        return back if route.handing_back else f"{route.on_target} of {BUCKETS} buckets over"
    if phase is RoutePhase.JOURNAL_A:
        return f"{traffic.live - traffic.behind} of {traffic.live} clients"
    if phase in (RoutePhase.DUAL_A, RoutePhase.DUAL_B) and route.relay is not None:
        return f"relay {route.relay.lag_p99_ms} ms behind"
    return _TO_COME[phase]


_TO_COME = {
    RoutePhase.PLAIN_A: "source alone",
    RoutePhase.JOURNAL_A: "every write marked",
    RoutePhase.DUAL_A: "copy, relay, verify",
    RoutePhase.DUAL_B: "soak, way back open",
    RoutePhase.SINGLE_B: "way back ends",
    RoutePhase.RETIRED: "nothing left beside",
}
_PASSED = _TO_COME | {
    RoutePhase.PLAIN_A: "left behind",
    RoutePhase.DUAL_A: "copied and level",
    RoutePhase.DUAL_B: "proven",
    RoutePhase.SINGLE_B: "target alone",
}
