"""The plan as a drawing: steps in layers from left to right, the way back under them, the point of no return.

Everything is laid out here, as numbers for SVG attributes; the template only draws. Steps whose needs are met at the
same time stand above each other in one column.
"""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrations_app.selectors.plans import RollbackStepRow, StepRow

WIDE = 764  # what the page's main column has room for; more scrolls inside its own box
MARGIN = 38
NARROWEST, WIDEST = 62, 112  # from the middle of a column to the next one
NO_RETURN_WIDTH = 92  # of the words beside the line, and their distance from it
LETTER = 6  # about the width of a letter of a label
LABEL_LINES = 3
LINE = 13
LANE = 96
NODE_Y = 62  # of the first lane, under its label
NODE, UNDO = 15, 8  # radii
BACK_GAP = 58  # from the last lane to the way back


@dataclass(frozen=True, slots=True)
class Node:
    """`label` is the step's id in lines; `said` is what a screen reader hears."""

    id: str
    number: int
    x: float
    y: float
    label: tuple[tuple[float, str], ...]
    said: str
    final: bool
    partitioned: bool
    asks: bool


@dataclass(frozen=True, slots=True)
class Undo:
    """Where a step is taken back. `idle`: there is nothing to do; the way back goes through all the same."""

    x: float
    y: float
    said: str
    idle: bool


@dataclass(frozen=True, slots=True)
class PlanGraph:
    """`edges`, `links` and `back` are SVG path data: needs, from a step to its undo, the way back."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    undos: tuple[Undo, ...]
    edges: tuple[str, ...]
    links: tuple[str, ...]
    back: tuple[str, ...]
    no_return_x: float | None
    back_y: float
    described: str
    no_return: str


def plan_graph(steps: Sequence[StepRow], rollback_steps: Sequence[RollbackStepRow]) -> PlanGraph:
    layers = layers_of(steps)
    columns = max(layers.values(), default=0) + 1
    step_by = min(WIDEST, max(NARROWEST, (WIDE - 2 * MARGIN) / max(columns - 1, 1)))
    places = _places(steps, layers, step_by)
    lanes = max((y for _, y in places.values()), default=NODE_Y)
    back_y = lanes + BACK_GAP
    reversible = {step.id for step in steps if step.reversible}
    undos = {
        back.undoes: Undo(places[back.undoes][0], back_y, f"{back.number}. {back.title}", _idle(steps, back.undoes))
        for back in rollback_steps
        if back.undoes in reversible
    }
    final = next((step for step in steps if not step.reversible), None)
    no_return_x = None if final is None else round(places[final.id][0] - step_by / 2, 1)
    return PlanGraph(
        width=max(
            round(2 * MARGIN + (columns - 1) * step_by, 1), 0 if no_return_x is None else no_return_x + NO_RETURN_WIDTH
        ),
        height=back_y + 30,
        nodes=tuple(_node(step, places[step.id], step_by, steps) for step in steps),
        undos=tuple(undos.values()),
        edges=tuple(_edge(places[need], places[step.id]) for step in steps for need in step.depends_on),
        links=tuple(_link(places[step_id], undo) for step_id, undo in undos.items()),
        back=_way_back(tuple(undos.values())),
        no_return_x=no_return_x,
        back_y=back_y,
        described=_described(steps, columns, len(undos)),
        no_return="" if final is None else f"From step {final.number} on, nothing takes it back.",
    )


def layers_of(steps: Sequence[StepRow]) -> Mapping[str, int]:
    """Step id -> column: one after the last of what it needs. Steps come in an order that respects their needs."""
    layers: dict[str, int] = {}
    for step in steps:
        layers[step.id] = 1 + max((layers[need] for need in step.depends_on), default=-1)
    return layers


def _places(steps: Sequence[StepRow], layers: Mapping[str, int], step_by: float) -> Mapping[str, tuple[float, float]]:
    taken: dict[int, int] = {}
    places = {}
    for step in steps:
        layer = layers[step.id]
        lane = taken.get(layer, 0)
        taken[layer] = lane + 1
        places[step.id] = (round(MARGIN + layer * step_by, 1), NODE_Y + lane * LANE)
    return places


def _node(step: StepRow, place: tuple[float, float], step_by: float, steps: Sequence[StepRow]) -> Node:
    x, y = place
    lines = textwrap.wrap(step.id.replace("_", " ").replace(".", " "), max(int(step_by / LETTER), 6))
    lines = lines[:LABEL_LINES]
    first = y - NODE - 9 - LINE * (len(lines) - 1)
    return Node(
        id=step.id,
        number=step.number,
        x=x,
        y=y,
        label=tuple((first + LINE * row, line) for row, line in enumerate(lines)),
        said=_said(step, steps),
        final=not step.reversible,
        partitioned=step.partitioned,
        asks=bool(step.confirm),
    )


def _said(step: StepRow, steps: Sequence[StepRow]) -> str:
    numbers = {each.id: each.number for each in steps}
    needs = " and ".join(str(numbers[need]) for need in step.depends_on)
    after = f", after step {needs}" if needs else ""
    more = ", asks a person first" if step.confirm else ""
    undo = f"Undo: {step.undo_title}." if step.reversible else "Nothing takes it back."
    return f"Step {step.number}{after}{more}: {step.title}. {undo}"


def _idle(steps: Sequence[StepRow], step_id: str) -> bool:
    return next(step for step in steps if step.id == step_id).undo_title.startswith("nothing")


def _edge(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Straight along a lane to the next column, else a curve that leaves and arrives level."""
    (x1, y1), (x2, y2) = (start[0] + NODE, start[1]), (end[0] - NODE - 5, end[1])
    if y1 == y2 and x2 - x1 <= WIDEST:
        return f"M{x1:.1f} {y1}H{x2:.1f}"
    lift = y1 - NODE - 16 if y1 == y2 else None  # over the heads of what stands between
    middle = (x1 + x2) / 2
    if lift is not None:
        return f"M{x1:.1f} {y1}C{x1 + 24:.1f} {lift} {x2 - 24:.1f} {lift} {x2:.1f} {y2}"
    return f"M{x1:.1f} {y1}C{middle:.1f} {y1} {middle:.1f} {y2} {x2:.1f} {y2}"


def _link(place: tuple[float, float], undo: Undo) -> str:
    return f"M{place[0]:.1f} {place[1] + NODE + 1}V{undo.y - (3 if undo.idle else UNDO)}"


def _way_back(undos: Sequence[Undo]) -> tuple[str, ...]:
    """From one undo to the next, against the direction of the steps; undos of one column are one stop."""
    stops = list(dict.fromkeys((undo.x, undo.y) for undo in undos))
    return tuple(
        f"M{x1 - UNDO - 1:.1f} {y1}H{x2 + UNDO + 6:.1f}" for (x1, y1), (x2, _) in itertools.pairwise(stops) if x2 < x1
    )


def _described(steps: Sequence[StepRow], columns: int, undos: int) -> str:
    order = "one after the other" if columns == len(steps) else f"in {columns} stages"
    back = f"The way back undoes {'all' if undos == len(steps) else undos} of them, newest first."
    return f"{len(steps)} steps {order}. {back}"
