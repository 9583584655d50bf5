"""Passes of `reconcile` in one direction: catch-up while writes go on, and the last one while they wait."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session.pause import Direction, require
from migrations_app.handlers.session.reconcile import Position, Reconciliation
from migrations_app.handlers.session.sides import reader, reading, writing
from migrations_app.stores.sessions.records import Version

FEW = 100  # a pass that changed no more than this makes the next, paused one short enough


START = Position()


@dataclass(frozen=True, slots=True)
class Progressed:
    """Where catch-up stands: passes begun, the position in the current one, and what all of them changed.

    `pass_ms` is how long the last pass took, 0 when none was made in one go.
    """

    passes: int = 0
    position: Position = START
    changed: int = 0
    pass_ms: int = 0

    def as_checkpoint(self) -> dict[str, Any]:
        return {
            "passes": self.passes,
            "changed": self.changed,
            "pass_ms": self.pass_ms,
            "position": self.position.as_dict(),
        }

    @classmethod
    def from_checkpoint(cls, saved: Mapping[str, Any]) -> "Progressed":
        position = Position.from_dict(saved.get("position", {}))
        return cls(saved.get("passes", 0), position, saved.get("changed", 0), saved.get("pass_ms", 0))


@contextmanager
def reconciliation(ctx: ActionContext, direction: Direction) -> Iterator[Reconciliation]:
    """Both stores open, the replica's for writing with this worker's fence raised.

    Raises IllegalTransition when the route no longer allows this direction: the replica may be the authority by now.
    """
    require(ctx, direction)
    with unrouted(ctx, direction) as work:
        yield work


@contextmanager
def unrouted(ctx: ActionContext, direction: Direction) -> Iterator[Reconciliation]:
    """The same, whatever the route says: for a replica that no route names."""
    origin = ctx.targets[direction.origin]
    with ExitStack() as stack:
        yield Reconciliation(
            open_origin=reader(origin),
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
            save(Progressed(state.passes, position, state.changed, state.pass_ms))

        version = Version(ctx.run_id, first_seq + state.passes)
        began = ctx.clock.monotonic()
        done = work.run(version, state.position, tick)
        took = round((ctx.clock.monotonic() - began) * 1000) if state.position == START else state.pass_ms
        reach("session.catch_up.pass")
        state = Progressed(state.passes + 1, START, state.changed + done.changed, took)
        save(state)
        if done.changed <= FEW:
            break
    return state


def expected_pause_ms(ctx: ActionContext, state: Progressed) -> int:
    """For the last pass and the comparison: each of them reads what a catch-up pass reads."""
    return 2 * state.pass_ms + int(ctx.parameters["settle_ms"])


def refuse_long_pause(ctx: ActionContext, state: Progressed) -> None:
    """Raises StepFailed, before anybody has to wait, when the last pass and the comparison would take too long."""
    expected, limit = expected_pause_ms(ctx, state), ctx.parameters["write_pause_limit_ms"]
    if expected > limit:
        raise StepFailed(
            f"Writes would have to wait for about {expected} ms, and the longest write pause is {limit} ms; nobody had "
            "to wait. Raise the parameter “write_pause_limit_ms”, or move at a quieter time.",
            details={"expected_ms": expected, "limit_ms": limit},
        )


def final_pass(ctx: ActionContext, work: Reconciliation, seq: int) -> Position:
    """The pass while writes wait: from the start, and in one go."""
    return work.run(Version(ctx.run_id, seq), START, lambda _position: ctx.progress.alive())
