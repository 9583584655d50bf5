# ruff: noqa: S101  (part of a test class: pytest is what reads its asserts)
"""What the kit asks of whoever uses it, and how it makes runs of the answers."""

from abc import abstractmethod
from collections.abc import Mapping
from itertools import dropwhile, takewhile
from typing import Any, ClassVar

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.plan import Plan
from migrations_app.engine.planner import PlannedMigration, create_plan
from migrations_app.engine.ports import Live, Unwatched
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, InterposedHandler, Moment

MOST_PLACES = 500


class Questions:
    """Four to answer, and some that may be.

    `crash_points` are those of the handler's own (`engine/crash_points.reach`), to die at as well. `most_lines`: at how
    many places in the handler's code a driver dies at most, spread over all that are passed; 0 where a run is too slow.
    `turn`: of classes that ask about one handler in several worlds, each its number from 0: they take turns at places.
    """

    crash_points: ClassVar[tuple[str, ...]] = ()
    most_lines: ClassVar[int] = 200
    turn: ClassVar[int] = 0

    @abstractmethod
    def make_handler(self) -> Handler: ...

    @abstractmethod
    def reset(self) -> None:
        """Bring the outside world to its first state; called before each run of the kit."""

    @abstractmethod
    def make_spec(self) -> Spec:
        """What to migrate in the world that `reset` made. Options and parameters are complete."""

    @abstractmethod
    def snapshot(self) -> Any:
        """Everything outside that a run may change and a rollback must restore, comparable with `==`."""

    def extra(self) -> Mapping[str, Any]:
        """What the handler expects in `ActionContext.extra`."""
        return {}

    def secrets(self) -> Mapping[str, str]:
        """The values of the secrets that parameters name, by the parameter."""
        return {}

    def live(self) -> Live:
        """What goes on beside the steps: orders, clients, panels."""
        return Unwatched()

    def make_plan(self) -> PlannedMigration:
        """Of the world as it is."""
        return create_plan(self.make_spec(), self.make_handler())

    def make_run(
        self, *, hook: Hook | None = None, kind: RunKind = RunKind.APPLY, plan: Plan | None = None
    ) -> LocalRun:
        """A queued run in the world as it is; `hook` stands between the engine and the actions."""
        handler, spec = self.make_handler(), self.make_spec()
        plan = create_plan(spec, handler).plan
        if hook is not None:
            handler = InterposedHandler(handler, hook, [step.id for step in plan.steps])
        return LocalRun(
            handler, plan, spec.targets, kind=kind, extra=self.extra(), live=self.live(), secrets=self.secrets()
        )

    def settled(self) -> Any:
        """What the world looks like after an undisturbed run."""
        self.reset()
        ended(self.make_run().finish(), RunState.SUCCEEDED, "although nothing disturbed it")
        return self.snapshot()

    def steps_with_a_way_back(self) -> list[str]:
        """Those before the first that is irreversible."""
        self.reset()
        return [step.id for step in takewhile(lambda step: step.reversible, self.make_run().plan.steps)]

    def steps_without_a_way_back(self) -> list[str]:
        self.reset()
        return [step.id for step in dropwhile(lambda step: step.reversible, self.make_run().plan.steps)]

    def last_with_a_way_back(self) -> str:
        """The step whose failure takes back as much as can be; empty when nothing can."""
        return (self.steps_with_a_way_back() or [""])[-1]

    def same(self, expected: Any, after: str) -> None:
        """The world is as expected. Says both, because pytest explains the asserts of no installed package."""
        found = self.snapshot()
        assert found == expected, f"The world is not as expected {after}.\nexpected: {expected!r}\nfound:    {found!r}"


def ended(view: RunView, state: RunState, when: str) -> None:
    """The run has ended in this state."""
    assert view.state is state, f"The run is {view.state}, not {state}, {when}: {view.error}"


def survive(run: LocalRun, point: str) -> tuple[RunView, bool]:
    """The end of a run whose driver dies at `point`, and whether it came there at all."""
    with armed(point):
        try:
            return run.finish(), False
        except Crash:
            return run.finish(), True


def failing(call: Call, step_id: str, error: type[StepFailed] | type[DataCorruption], *, after: bool = True) -> Hook:
    """Fails one step after its effect (or its verification), or before it, every time."""

    def hook(moment: Moment) -> None:
        if moment.call is call and moment.step == step_id and moment.after is after:
            raise error("The step was made to fail.")

    return hook
