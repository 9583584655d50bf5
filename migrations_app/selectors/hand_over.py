"""What a person may ask of a run's hand-over now, and why not. The services and the page both go by this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.ports import BUCKETS
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunKind, RunState, Signal, StepState
from migrations_app.handlers.session.node.steps import FORWARD
from migrations_app.handlers.session.parameters import RELEASED, SOURCE, TARGET, route_name
from migrations_app.handlers.session.partitions import TRANSFER
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.models import Route, Run, StepRun

SWITCH, COMPLETE = "switch", "complete"
MOVES_ROUTES = (RunKind.APPLY, RunKind.ROLLBACK)
CUT_OVER, POSTPONE, BRING_BACK, THROTTLE = "cut_over", "postpone", "bring_back", "throttle"
ORDERS: Mapping[str, CutoverOrder] = {
    CUT_OVER: CutoverOrder.GO,
    POSTPONE: CutoverOrder.HOLD,
    BRING_BACK: CutoverOrder.BACK,
}
_SERVED_BY_TARGET = (RoutePhase.DUAL_B, RoutePhase.HANDOFF_BACK)
_HANDING = (RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK)
_BACK_ALREADY = (Signal.CANCEL, Signal.ROLL_BACK)


@dataclass(frozen=True, slots=True)
class MovedRoute:
    """What a zero-downtime plan says about the route it moves. `released`: it waits for a person to hand over."""

    name: str
    source: str
    target: str
    released: bool
    pause_target_ms: int
    pause_limit_ms: int
    workers: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands with its hand-over. `on_target` and `handing` are numbers of buckets."""

    moved: MovedRoute
    kind: RunKind
    state: RunState
    signal: Signal
    order: CutoverOrder
    parked_for: str
    copied: bool
    switched: bool
    on_target: int
    handing: int
    on_source: int

    @property
    def holds(self) -> bool:
        """Nothing more is handed over until a person says so."""
        waits_by_plan = self.order is CutoverOrder.NONE and self.moved.released
        held = self.order in (CutoverOrder.HOLD, CutoverOrder.BACK) or self.parked_for == ParkedFor.HELD
        return held or waits_by_plan


def moved_route(content: Mapping[str, Any]) -> MovedRoute | None:
    """From a plan's content; None for a plan that asks writes to wait, hands over a node, or moves no sessions."""
    if content["handler"] != "session" or not content["options"].get("zero_downtime"):
        return None
    if any(step["action"] == FORWARD for step in content["steps"]):
        return None
    names = {target["role"]: target["name"] for target in content["targets"]}
    if SOURCE not in names or TARGET not in names:
        return None
    parameters = content["parameters"]
    return MovedRoute(
        name=route_name(parameters, names[SOURCE]),
        source=names[SOURCE],
        target=names[TARGET],
        released=parameters.get("hand_over") == RELEASED,
        pause_target_ms=parameters.get("pause_target_ms", 0),
        pause_limit_ms=parameters.get("pause_limit_ms", 0),
        workers=content["options"].get("parallel_workers", 1),
    )


def route_row(run: Run, moved: MovedRoute) -> Route | None:
    """The route as it is, once this run has taken it up; needs `run.migration`."""
    row = Route.objects.filter(environment=run.migration.environment_id, name=moved.name).first()
    return row if row is not None and row.stores == {"a": moved.source, "b": moved.target} else None


def standing_of(run: Run, moved: MovedRoute, route: Route | None) -> Standing:
    steps = StepRun.objects.filter(run=run, partition=0, step__in=(TRANSFER, SWITCH))
    states = dict(steps.values_list("step", "state"))
    record = route.record if route is not None else None
    return Standing(
        moved=moved,
        kind=RunKind(run.kind),
        state=RunState(run.state),
        signal=Signal(run.signal),
        order=CutoverOrder(run.cutover),
        parked_for=run.parked_because,
        copied=states.get(TRANSFER) == StepState.SUCCEEDED,
        switched=states.get(SWITCH) == StepState.SUCCEEDED,
        on_target=len(buckets_in(record, *_SERVED_BY_TARGET)) if record else 0,
        handing=len(buckets_in(record, *_HANDING)) if record else 0,
        on_source=len(buckets_in(record, RoutePhase.DUAL_A, RoutePhase.HANDOFF)) if record else 0,
    )


def impossible(at: Standing, operation: str) -> str:
    """Why the operation would have no effect as things stand; '' where it is possible."""
    if reason := _deaf(at):
        return reason
    if operation == THROTTLE:
        return "every session is copied; there is nothing left to slow down" if at.copied else ""
    all_served = at.on_target > 0 and at.on_source == 0
    if operation != BRING_BACK and all_served and at.order is not CutoverOrder.BACK:
        return f"{at.moved.target} serves every bucket already"
    return ""


def needless(at: Standing, operation: str) -> str:
    """Why nobody needs to ask for it now; the service takes it nevertheless. '' where it changes something."""
    order, target = at.order, at.moved.target
    gave_up = at.parked_for == ParkedFor.HELD and order in (CutoverOrder.NONE, CutoverOrder.GO)
    if operation == CUT_OVER and not gave_up:
        if at.parked_for == ParkedFor.SOAK and not at.holds:
            return "what was handed over proves itself first; then it goes on by itself"
        if order is CutoverOrder.GO:
            return "it was released; it goes on as soon as every gate is open"
        if order is CutoverOrder.NONE and not at.moved.released:
            return "it hands over by itself as soon as every gate is open"
    if operation == POSTPONE:
        if order is CutoverOrder.HOLD:
            return "it is postponed already"
        if order is CutoverOrder.BACK or at.holds:
            return "it waits already, until a person releases it"
    if operation == BRING_BACK:
        if order is CutoverOrder.BACK:
            return f"{at.moved.source} serves again, or is about to"
        if not at.on_target and not at.handing:
            return f"{target} serves no bucket yet; postponing keeps it so"
    return ""


def said_of(at: Standing) -> str:
    """What is wanted of the hand-over now, as a sentence."""
    target, source = at.moved.target, at.moved.source
    if at.state.is_final:
        return ""
    if at.state is RunState.ROLLING_BACK or at.signal in _BACK_ALREADY:
        return f"The run rolls back: every bucket goes back to {source}."
    if at.switched:
        return f"The hand-over is over: {target} serves every bucket."
    if at.handing:
        limit = at.moved.pause_limit_ms
        return f"{at.handing} buckets change hands: writes to them wait, {limit:,} ms at the most."
    if at.order is CutoverOrder.BACK:
        back = f"{source} serves every bucket again" if not at.on_target else f"Every bucket goes back to {source}"
        return f"{back}, until a person hands over anew."
    if at.parked_for == ParkedFor.HELD and at.order is not CutoverOrder.HOLD and not at.moved.released:
        return "The hand-over was given up several times and waits for a person to release it."
    if at.on_target and not at.on_source:
        return f"{target} serves every bucket and proves itself; {source} is kept level."
    if at.order is CutoverOrder.HOLD:
        return "The hand-over is postponed until a person releases it; what has been handed over stays."
    if at.holds:
        return "The hand-over waits until a person releases it, as planned."
    if not at.copied:
        return "The copy comes first; then one bucket, a tenth and all are handed over, each wave through the gates."
    if at.on_target:
        return f"{at.on_target} of {BUCKETS} buckets are handed over; the rest follows in waves, as the gates open."
    return "The first bucket is handed over as soon as every gate is open."


def _deaf(at: Standing) -> str:
    """Why the run hears nothing about its hand-over; '' when it does."""
    if at.kind is not RunKind.APPLY:
        return f"a {at.kind.replace('_', ' ')} hands nothing over"
    if at.state.is_final:
        return f"it is {at.state.replace('_', ' ')}"
    if at.state is RunState.ROLLING_BACK or at.signal in _BACK_ALREADY:
        return "it rolls back, which brings every bucket back"
    if at.switched:
        return f"{at.moved.target} serves every bucket and has proven itself; rolling back brings them back"
    return ""
