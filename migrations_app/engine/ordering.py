"""The order of steps: what they depend on comes first, and otherwise as the handler listed them."""

from collections.abc import Sequence

from migrations_app.engine.errors import Problem
from migrations_app.engine.plan import Step


def topological(steps: Sequence[Step]) -> tuple[tuple[Step, ...], list[Problem]]:
    """Steps in an order that respects `depends_on`, stable, and every problem of the graph at once.

    With problems the order is empty. Problems name `steps.<id>`: an id used twice, a dependency that is not
    there, a cycle.
    """
    problems = _broken_references(steps)
    if problems:
        return (), problems
    ordered: list[Step] = []
    done: set[str] = set()
    waiting = list(steps)
    while waiting:
        ready = next((step for step in waiting if done.issuperset(step.depends_on)), None)
        if ready is None:
            names = ", ".join(step.id for step in waiting)
            fix = "Remove one of the dependencies between them."
            return (), [Problem(f"steps.{waiting[0].id}", f"Steps wait for each other: {names}.", fix, "cycle")]
        waiting.remove(ready)
        ordered.append(ready)
        done.add(ready.id)
    return tuple(ordered), []


def _broken_references(steps: Sequence[Step]) -> list[Problem]:
    ids = [step.id for step in steps]
    problems = [
        Problem(f"steps.{name}", f"Two steps are called “{name}”.", "Give each step an id of its own.", "duplicate")
        for name in dict.fromkeys(ids)
        if ids.count(name) > 1
    ]
    for step in steps:
        problems += [
            Problem(f"steps.{step.id}", f"It depends on “{name}”, which is not there.", "Name a step.", "unknown_step")
            for name in step.depends_on
            if name not in ids
        ]
    return problems
