"""The route of a zero-downtime run as it is now: phases, authority, gates, relay, verifier, clients, orders."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunState, StepState
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.models import Run, StepRun
from migrations_app.models.actor import Actor
from migrations_app.selectors import hand_over
from migrations_app.selectors.hand_over import MOVES_ROUTES, MovedRoute, Standing, moved_route, route_row, standing_of
from migrations_app.selectors.route_panels import GatesPanel, Panels, RelayPanel, VerifierPanel, panels_of
from migrations_app.selectors.route_traffic import FollowingClient, Traffic, clients_of, shown_of, traffic_of
from migrations_app.selectors.runs import visible_run

RAIL = (
    RoutePhase.PLAIN_A,
    RoutePhase.JOURNAL_A,
    RoutePhase.DUAL_A,
    RoutePhase.HANDOFF,
    RoutePhase.DUAL_B,
    RoutePhase.SINGLE_B,
    RoutePhase.RETIRED,
)
DONE, CURRENT, TO_COME = "done", "current", "to_come"


@dataclass(frozen=True, slots=True)
class PhaseStop:
    """`state` is done, current or to_come; `buckets` are in this phase now."""

    phase: RoutePhase
    state: str
    buckets: int


@dataclass(frozen=True, slots=True)
class ServedRange:
    """Buckets `first` to `last`, both included; `store` serves them, unless writes `wait`."""

    first: int
    last: int
    phase: RoutePhase
    epoch: int
    store: str
    waits: bool


@dataclass(frozen=True, slots=True)
class HandOvers:
    """What came of them so far. `aborts`: given up in a row; pauses are what writes waited, in milliseconds."""

    hand_overs: int = 0
    hand_backs: int = 0
    aborts: int = 0
    longest_pause_ms: int = 0
    pause_target_ms: int = 0
    pause_limit_ms: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation on the hand-over. `why_not` is '' when it can be asked for and changes something."""

    operation: str
    possible: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class RouteLive:
    """`epoch` and what follows from the record are as the control plane holds them; 0 before the route was taken up.

    `authority` names the store that serves everything, '' while both do. `source` and `target` are store names.
    `handing_back`: buckets go, or are to go, back to the source. `said` tells what is wanted of the hand-over.
    """

    run_id: int
    is_final: bool
    name: str
    epoch: int
    changed_at: datetime | None
    fenced: bool
    source: str
    target: str
    authority: str
    phases: tuple[PhaseStop, ...]
    handing_back: bool
    ranges: tuple[ServedRange, ...]
    on_source: int
    on_target: int
    handing: int
    handoff_deadline: datetime | None
    hand_overs: HandOvers
    order: CutoverOrder
    said: str
    may: tuple[Offer, ...]
    parked_for: str
    soaks_until: datetime | None
    relay: RelayPanel | None
    verifier: VerifierPanel | None
    gates: GatesPanel | None
    clients: tuple[FollowingClient, ...]
    traffic: Traffic


def route_live(*, actor: Actor, run_id: int, now: datetime) -> RouteLive | None:
    """None for a run that is no zero-downtime migration, and once another migration has taken its route.

    Raises NotFound.
    """
    run = visible_run(actor, run_id)
    moved = moved_route(run.revision.content)
    if moved is None or run.kind not in MOVES_ROUTES:
        return None
    row = route_row(run, moved)
    if row is None and _prepared(run):
        return None
    standing = standing_of(run, moved, row)
    record = row.record if row is not None else None
    panels = panels_of(row, now) if row is not None else Panels()
    clients = clients_of(row, now) if row is not None else ()
    back = standing.order is CutoverOrder.BACK and standing.on_target > 0
    ranges = _ranges(record) if record else ()
    return RouteLive(
        run_id=run.pk,
        is_final=RunState(run.state).is_final,
        name=moved.name,
        epoch=record.epoch if record else 0,
        changed_at=row.changed_at if row is not None else None,
        fenced=record.fenced if record else False,
        source=moved.source,
        target=moved.target,
        authority=ranges[0].store if len({part.store for part in ranges}) == 1 else "",
        phases=_phases(record, back),
        handing_back=back or bool(record and buckets_in(record, RoutePhase.HANDOFF_BACK)),
        ranges=ranges,
        on_source=sum(part.last - part.first + 1 for part in ranges if part.store == moved.source and not part.waits),
        on_target=sum(part.last - part.first + 1 for part in ranges if part.store == moved.target and not part.waits),
        handing=standing.handing,
        handoff_deadline=record.handoff_deadline if record and standing.handing else None,
        hand_overs=_hand_overs(run, moved),
        order=standing.order,
        said=hand_over.said_of(standing),
        may=offers(standing),
        parked_for=run.parked_because,
        soaks_until=run.wake_at if run.parked_because == ParkedFor.SOAK else None,
        relay=panels.relay,
        verifier=panels.verifier,
        gates=panels.gates,
        clients=shown_of(clients),
        traffic=traffic_of(clients),
    )


def offers(at: Standing) -> tuple[Offer, ...]:
    operations = (hand_over.CUT_OVER, hand_over.POSTPONE, hand_over.BRING_BACK, hand_over.THROTTLE)
    reasons = {name: hand_over.impossible(at, name) for name in operations}
    return tuple(Offer(name, not why, why or hand_over.needless(at, name)) for name, why in reasons.items())


def _prepared(run: Run) -> bool:
    """The route was this run's: if it names other stores now, another migration has taken it since."""
    return StepRun.objects.filter(run=run, partition=0, step="prepare", state=StepState.SUCCEEDED).exists()


def _ranges(record: RouteRecord) -> tuple[ServedRange, ...]:
    waiting = (RoutePhase.HANDOFF, RoutePhase.HANDOFF_BACK)
    return tuple(
        ServedRange(
            part.first,
            part.last,
            part.phase,
            part.epoch,
            record.stores.get(part.authority, part.authority),
            part.phase in waiting,
        )
        for part in record.ranges
    )


def _phases(record: RouteRecord | None, back: bool) -> tuple[PhaseStop, ...]:
    """Where the whole route stands: a route whose buckets differ is in its hand-over."""
    counts = {phase: len(buckets_in(record, phase)) if record else 0 for phase in RoutePhase}
    counts[RoutePhase.HANDOFF] += counts.pop(RoutePhase.HANDOFF_BACK)
    present = [phase for phase in RAIL if counts[phase]]
    parted = len(present) > 1 or back or counts[RoutePhase.HANDOFF]
    current = RoutePhase.HANDOFF if parted else present[0] if present else RoutePhase.PLAIN_A
    place = RAIL.index(current)
    over = current is RoutePhase.RETIRED
    return tuple(
        PhaseStop(phase, DONE if number < place or over else CURRENT if number == place else TO_COME, counts[phase])
        for number, phase in enumerate(RAIL)
    )


def _hand_overs(run: Run, moved: MovedRoute) -> HandOvers:
    step = StepRun.objects.filter(run=run, step=hand_over.SWITCH, partition=0).first()
    saved = step.checkpoint if step is not None else {}
    names = ("hand_overs", "hand_backs", "aborts", "longest_pause_ms")
    return HandOvers(
        **{name: int(saved.get(name, 0)) for name in names},
        pause_target_ms=moved.pause_target_ms,
        pause_limit_ms=moved.pause_limit_ms,
    )
