"""Passes of `reconcile` in one direction: catch-up while writes go on, and the last one while they wait."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session.pause import Direction, require
from migrations_app.handlers.session.reconcile import Position, Reconciliation
from migrations_app.handlers.session.sides import reader, reading, writing
from migrations_app.stores.sessions.records import Version

FEW = 100  # a pass that changed no more than this makes the next, paused one short enough


START = Position()


@dataclass(frozen=True, slots=True)
class Progressed:
    """Where catch-up stands: passes begun, the position in the current one, and what all of them changed."""

    passes: int = 0
    position: Position = START
    changed: int = 0


@contextmanager
def reconciliation(ctx: ActionContext, direction: Direction) -> Iterator[Reconciliation]:
    """Both stores open, the replica's for writing with this worker's fence raised.

    Raises IllegalTransition when the route no longer allows this direction: the replica may be the authority by now.
    """
    require(ctx, direction)
    origin, replica = ctx.targets[direction.origin], ctx.targets[direction.replica]
    with ExitStack() as stack:
        yield Reconciliation(
            open_origin=reader(origin),
            open_replica=reader(replica),
            origin=stack.enter_context(reading(origin)),
            replica=stack.enter_context(writing(ctx, direction.replica)),
            worker=ctx.worker,
            batch_size=ctx.options["batch_size"],
            tolerance_ms=ctx.parameters["deadline_tolerance_ms"],
        )


def catch_up(
    ctx: ActionContext,
    work: Reconciliation,
    first_seq: int,
    state: Progressed,
    save: Callable[[Progressed], None],
) -> Progressed:
    """Passes until one changes few records or `catch_up_passes` are through; resumes from `state`."""
    while state.passes < ctx.parameters["catch_up_passes"]:

        def tick(position: Position, state: Progressed = state) -> None:
            save(Progressed(state.passes, position, state.changed))

        version = Version(ctx.run_id, first_seq + state.passes)
        done = work.run(version, state.position, tick)
        reach("session.catch_up.pass")
        state = Progressed(state.passes + 1, START, state.changed + done.changed)
        save(state)
        if done.changed <= FEW:
            break
    return state


def final_pass(ctx: ActionContext, work: Reconciliation, seq: int) -> Position:
    """The pass while writes wait: from the start, and in one go."""
    return work.run(Version(ctx.run_id, seq), START, lambda _position: ctx.progress.alive())
