# ruff: noqa: S101  (a test class: pytest is what reads its asserts)
"""What every handler keeps, as a test class that its author subclasses (DESIGN section 4, requirement 14).

    class TestMyHandler(HandlerContract):
        def make_handler(self): return MyHandler()
        def reset(self): ...            # bring the outside world to its first state
        def make_spec(self): ...        # what to migrate there
        def snapshot(self): ...         # the outside world, comparable with ==

The kit repeats every action, fails every action and every undo, kills the driver at every checkpoint and around
every step, runs a dry run, and compares what the outside world looks like. Steps that are not `reversible` are held to
their word: from the first of them on a failure ends the run where it is, to be retried, and nothing is taken back.
"""

from abc import abstractmethod
from collections.abc import Mapping
from itertools import dropwhile, takewhile
from typing import Any

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.plan import Plan
from migrations_app.engine.planner import create_plan
from migrations_app.engine.ports import Live, Unwatched
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, InterposedHandler, Moment

MOST_PLACES = 500
_POINTS = (
    "forward.intent_written",
    "forward.partitions_planned",
    "forward.done",
    "forward.outcome_written",
    "partition.intent_written",
    "partition.outcome_written",
)
_UNDO_POINTS = ("rollback.intent_written", "rollback.effect_done", "rollback.outcome_written")


class HandlerContract:
    """Subclass it, answer the four questions, and the tests below hold for your handler."""

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

    def live(self) -> Live:
        """What goes on beside the steps: orders, clients, panels."""
        return Unwatched()

    def make_run(
        self, *, hook: Hook | None = None, kind: RunKind = RunKind.APPLY, plan: Plan | None = None
    ) -> LocalRun:
        """A queued run in the world as it is; `hook` stands between the engine and the actions."""
        handler, spec = self.make_handler(), self.make_spec()
        plan = create_plan(spec, handler).plan
        if hook is not None:
            handler = InterposedHandler(handler, hook, [step.id for step in plan.steps])
        return LocalRun(handler, plan, spec.targets, kind=kind, extra=self.extra(), live=self.live())

    def settled(self) -> Any:
        """What the world looks like after an undisturbed run."""
        self.reset()
        view = self.make_run().finish()
        assert view.state is RunState.SUCCEEDED, view.error
        return self.snapshot()

    def test_planning_changes_nothing(self) -> None:
        self.reset()
        before = self.snapshot()
        plan = self.make_run().plan
        assert self.snapshot() == before
        assert Plan.from_content(plan.content()).digest == plan.digest

    def test_a_dry_run_writes_nothing(self) -> None:
        self.reset()
        before = self.snapshot()
        view = self.make_run(kind=RunKind.DRY_RUN).finish()
        assert view.state is RunState.SUCCEEDED, view.error
        assert self.snapshot() == before

    def test_every_action_can_be_repeated(self) -> None:
        """The driver dies after each effect, before its outcome is written: the effect is brought about again."""
        expected = self.settled()
        for point in ("forward.effect_done", "partition.effect_done"):
            self._dies_everywhere(point, expected)

    def test_a_driver_may_die_around_every_step(self) -> None:
        expected = self.settled()
        for point in _POINTS:
            self._dies_everywhere(point, expected)

    def test_it_resumes_at_every_checkpoint(self) -> None:
        self._dies_everywhere("progress.saved", self.settled())

    def test_the_failure_of_every_action_is_undone(self) -> None:
        for step_id in self._steps_with_a_way_back():
            self.reset()
            before = self.snapshot()
            view = self.make_run(hook=_failing(Call.DO, step_id, StepFailed)).finish()
            assert view.state is RunState.ROLLED_BACK, (step_id, view.error)
            assert self.snapshot() == before, f"a failure after the effect of “{step_id}” is not undone"

    def test_past_what_nothing_takes_back_a_failure_is_retried(self) -> None:
        """An empty promise for a handler whose every step is reversible."""
        expected = self.settled() if self._steps_without_a_way_back() else None
        for step_id in self._steps_without_a_way_back():
            for call, error in ((Call.DO, StepFailed), (Call.VERIFY, DataCorruption)):
                self.reset()
                broken = [True]
                failing = _failing(call, step_id, error)

                def hook(moment: Moment, failing: Hook = failing, broken: list[bool] = broken) -> None:
                    if broken[0]:
                        failing(moment)

                run = self.make_run(hook=hook)
                view = run.finish()
                assert (view.state, view.undo_order) == (RunState.FAILED, ()), (step_id, view.error)
                broken[0] = False
                run.retry()
                assert run.finish().state is RunState.SUCCEEDED, step_id
                assert self.snapshot() == expected, f"the retried “{step_id}” does not end as it should"

    def test_corruption_found_by_any_step_is_undone(self) -> None:
        for step_id in self._steps_with_a_way_back():
            self.reset()
            before = self.snapshot()
            view = self.make_run(hook=_failing(Call.VERIFY, step_id, DataCorruption)).finish()
            assert view.state is RunState.ROLLED_BACK, (step_id, view.error)
            assert self.snapshot() == before, f"corruption found by “{step_id}” is not undone"

    def test_a_failed_undo_leaves_instructions_and_can_be_retried(self) -> None:
        last = self._steps_with_a_way_back()[-1]
        for step_id in reversed(self._steps_with_a_way_back()):
            self.reset()
            before = self.snapshot()
            broken = [True]

            def hook(moment: Moment, step_id: str = step_id, broken: list[bool] = broken) -> None:
                if moment.call is Call.DO and moment.step == last and moment.after:
                    raise StepFailed
                if moment.call is Call.UNDO and moment.step == step_id and broken[0]:
                    raise StepFailed("The undo was made to fail.")

            run = self.make_run(hook=hook)
            view = run.finish()
            assert view.state is RunState.STUCK, (step_id, view.state)
            remaining = [name for name in view.undo_order if view.step(name).state is not StepState.UNDONE]
            assert [entry["step"] for entry in view.instructions] == remaining
            assert all(entry["actions"] for entry in view.instructions), "every instruction says what to do"
            broken[0] = False
            run.retry()
            assert run.finish().state is RunState.ROLLED_BACK, step_id
            assert self.snapshot() == before, f"the retried undo of “{step_id}” does not restore the state before"

    def test_a_driver_may_die_around_every_undo(self) -> None:
        last = self._steps_with_a_way_back()[-1]
        for point in _UNDO_POINTS:
            for number in range(1, MOST_PLACES):
                self.reset()
                before = self.snapshot()
                run = self.make_run(hook=_failing(Call.DO, last, StepFailed))
                view, died = _survive(run, f"{point}:{number}:raise")
                assert view.state is RunState.ROLLED_BACK, (point, number, view.error)
                assert self.snapshot() == before, (point, number)
                if not died:
                    break

    def test_a_finished_run_can_be_rolled_back(self) -> None:
        """Unless there is a step that nothing takes back: then the rollback is refused before anything is touched."""
        refused = bool(self._steps_without_a_way_back())
        self.reset()
        before = self.snapshot()
        done = self.make_run()
        assert done.finish().state is RunState.SUCCEEDED
        after = self.snapshot()
        back = LocalRun(
            done.handler,
            done.plan,
            done.targets,
            kind=RunKind.ROLLBACK,
            run_id=2,
            undoes=done,
            clock=done.clock,
            artifacts=done.artifacts,
            routes=done.routes,
            extra=done.extra,
            live=done.live,
        )
        view = back.finish()
        assert view.state is (RunState.FAILED if refused else RunState.ROLLED_BACK), view.error
        assert self.snapshot() == (after if refused else before)

    def _steps_with_a_way_back(self) -> list[str]:
        """Those before the first that is irreversible."""
        self.reset()
        return [step.id for step in takewhile(lambda step: step.reversible, self.make_run().plan.steps)]

    def _steps_without_a_way_back(self) -> list[str]:
        self.reset()
        return [step.id for step in dropwhile(lambda step: step.reversible, self.make_run().plan.steps)]

    def _dies_everywhere(self, point: str, expected: Any) -> None:
        """Drive the run again and again, each time with a driver that dies one passing of `point` later."""
        for number in range(1, MOST_PLACES):
            self.reset()
            view, died = _survive(self.make_run(), f"{point}:{number}:raise")
            assert view.state is RunState.SUCCEEDED, (point, number, view.error)
            assert self.snapshot() == expected, f"after a death at {point}, passing {number}"
            if not died:
                return


def _survive(run: LocalRun, point: str) -> tuple[RunView, bool]:
    """The end of a run whose driver dies at `point`, and whether it came there at all."""
    with armed(point):
        try:
            return run.finish(), False
        except Crash:
            return run.finish(), True


def _failing(call: Call, step_id: str, error: type[StepFailed] | type[DataCorruption]) -> Hook:
    """Fails one step after its effect (or its verification), every time."""

    def hook(moment: Moment) -> None:
        if moment.call is call and moment.step == step_id and moment.after:
            raise error("The step was made to fail.")

    return hook
