"""Prints a run as a tree, one line a step and partition."""

from collections.abc import Iterator

from migrations_app.engine.run_view import PartitionView, RunView, StepView
from tests.engine.toy import World


def printed(view: RunView, world: World) -> str:
    return "\n".join(_lines(view, world)) + "\n"


def _lines(view: RunView, world: World) -> Iterator[str]:
    yield f"run {view.state}{_because(view)}"
    for step in view.steps:
        yield f"  {_step(step)}"
        for partition in step.partitions:
            yield f"    [{partition.index}] {_share(partition)}"
    for entry in view.instructions:
        yield f"  ! {entry['step']}: {' '.join(entry['actions'])}"
    yield f"  world: {world.serving} serves, source {len(world.source)}, target {len(world.target)}"


def _because(view: RunView) -> str:
    error = f": {view.error['type']}" if view.error else ""
    return f" [{view.rollback_reason}]{error}" if view.rollback_reason else error


def _step(step: StepView) -> str:
    total = "" if step.total is None else f"/{step.total}"
    progress = f" {step.done}{total} {step.unit}" if step.unit else ""
    error = f" {step.error['type']}" if step.error else ""
    return f"{step.id} {step.state} attempt {step.attempt}{progress}{error}"


def _share(partition: PartitionView) -> str:
    return f"{partition.state} attempt {partition.attempt} {partition.done}/{partition.total} {partition.unit}"
