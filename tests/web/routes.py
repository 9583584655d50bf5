"""A route as a page knows it, without a database."""

from dataclasses import replace
from datetime import UTC, datetime

from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase
from migrations_app.selectors.route_live import RAIL, HandOvers, PhaseStop, RouteLive, ServedRange
from migrations_app.selectors.route_traffic import Traffic

P = RoutePhase
T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stops(current: RoutePhase) -> tuple[PhaseStop, ...]:
    place = RAIL.index(current)
    states = ("done", "current", "to_come")
    return tuple(PhaseStop(phase, states[(n >= place) + (n > place)], 0) for n, phase in enumerate(RAIL))


LIVE = RouteLive(
    run_id=1,
    is_final=False,
    name="old",
    epoch=7,
    changed_at=T0,
    fenced=True,
    source="old",
    target="new",
    authority="",
    phases=stops(P.HANDOFF),
    handing_back=False,
    ranges=(
        ServedRange(0, 25, P.DUAL_B, 7, "new", False),
        ServedRange(26, 89, P.HANDOFF, 7, "old", True),
        ServedRange(90, 255, P.DUAL_A, 2, "old", False),
    ),
    on_source=166,
    on_target=26,
    handing=64,
    handoff_deadline=T0,
    hand_overs=HandOvers(hand_overs=3, longest_pause_ms=138, pause_target_ms=250, pause_limit_ms=2_000),
    order=CutoverOrder.NONE,
    said="",
    may=(),
    parked_for="",
    soaks_until=None,
    relay=None,
    verifier=None,
    gates=None,
    clients=(),
    traffic=Traffic(12, 2, 0, None, 0, 0, 0, 0, 0),
)


def served(by_target: int) -> RouteLive:
    """The target serves the first so many buckets."""
    first = (ServedRange(0, by_target - 1, P.DUAL_B, 7, "new", False),) if by_target else ()
    return replace(LIVE, ranges=(*first, ServedRange(by_target, 255, P.DUAL_A, 2, "old", False)))
