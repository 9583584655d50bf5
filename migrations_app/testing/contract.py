# ruff: noqa: S101  (a test class: pytest is what reads its asserts)
"""What every handler keeps, as a test class that its author subclasses (DESIGN section 4, requirement 14).

    from migrations_app.testing import HandlerContract

    class TestMyHandler(HandlerContract):
        def make_handler(self): return MyHandler()
        def reset(self): ...            # bring the outside world to its first state
        def make_spec(self): ...        # what to migrate there
        def snapshot(self): ...         # the outside world, comparable with ==

The kit looks at what the handler declares and plans, repeats every action, fails every action and every undo, kills the
driver at every checkpoint, around every step and between the lines of the handler's own code, runs a dry run, and
compares what the outside world looks like. Steps that are not `reversible` are held to their word: from the first of
them on a failure ends the run where it is, to be retried, and nothing is taken back. It needs no database, no server
and nothing but pytest beside this package.
"""

from collections import Counter
from collections.abc import Iterable

from migrations_app.engine.crash_points import counted
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.testing.contract_lines import DeathsBetweenLines
from migrations_app.testing.contract_promises import Promises
from migrations_app.testing.contract_world import MOST_PLACES, ended, failing, survive
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, Moment

_POINTS = (
    "forward.intent_written",
    "forward.partitions_planned",
    "forward.done",
    "forward.outcome_written",
    "partition.intent_written",
    "partition.outcome_written",
)
_UNDO_POINTS = ("rollback.intent_written", "rollback.effect_done", "rollback.outcome_written")
_OF_PARTITIONS = (
    "forward.partitions_planned",
    "partition.intent_written",
    "partition.effect_done",
    "partition.outcome_written",
)
_IN_EVERY_RUN = ("forward.intent_written", "forward.done", "forward.effect_done", "forward.outcome_written")


def _died_at(passed: Iterable[str], points: Iterable[str], deaths: Counter[str]) -> None:
    """Drivers died at those of the points that a run passes; checkpoints may come as often as a handler sees fit."""
    missed = sorted({*passed} & {*points} - {*+deaths})
    assert not missed, f"no driver died at {missed}, where each run comes by: nothing was shown"


class HandlerContract(Promises, DeathsBetweenLines):
    """Subclass it, answer the four questions, and the tests below hold for your handler."""

    def test_a_dry_run_writes_nothing(self) -> None:
        self.reset()
        before = self.snapshot()
        ended(self.make_run(kind=RunKind.DRY_RUN).finish(), RunState.SUCCEEDED, "in a dry run")
        self.same(before, "after a dry run")

    def test_a_rehearsal_leaves_nothing(self) -> None:
        """An empty promise for a handler that says why it cannot be rehearsed."""
        self.reset()
        before = self.snapshot()
        if self.make_handler().why_no_rehearsal(self.make_spec().targets):
            return
        ended(self.make_run(kind=RunKind.REHEARSAL).finish(), RunState.SUCCEEDED, "in a rehearsal")
        self.same(before, "after a rehearsal")

    def test_every_action_can_be_repeated(self) -> None:
        """The driver dies after each effect, before its outcome is written: the effect is brought about again."""
        self._dies_everywhere("forward.effect_done", "partition.effect_done")

    def test_a_driver_may_die_around_every_step(self) -> None:
        self._dies_everywhere(*_POINTS)

    def test_it_resumes_at_every_checkpoint(self) -> None:
        self._dies_everywhere("progress.saved")

    def test_a_driver_may_die_at_every_crash_point_of_the_handler(self) -> None:
        """Each of `crash_points` has to be passed, or its name is wrong."""
        if not self.crash_points:
            return
        passed = self._dies_everywhere(*self.crash_points) + self._dies_while_undoing(*self.crash_points)
        for point in self.crash_points:
            assert passed[point], f"nothing ever came to the crash point “{point}”"

    def test_the_failure_of_every_action_is_undone(self) -> None:
        """Before it has done anything, and after it has done everything."""
        for step_id in self.steps_with_a_way_back():
            for after in (False, True):
                self.reset()
                before = self.snapshot()
                when = f"when “{step_id}” failed {'after' if after else 'before'} its effect"
                hook = failing(Call.DO, step_id, StepFailed, after=after)
                ended(self.make_run(hook=hook).finish(), RunState.ROLLED_BACK, when)
                self.same(before, when)

    def test_past_what_nothing_takes_back_a_failure_is_retried(self) -> None:
        """An empty promise for a handler whose every step is reversible."""
        expected = self.settled() if self.steps_without_a_way_back() else None
        for step_id in self.steps_without_a_way_back():
            for call, error in ((Call.DO, StepFailed), (Call.VERIFY, DataCorruption)):
                self.reset()
                broken = [True]
                fail = failing(call, step_id, error)

                def hook(moment: Moment, fail: Hook = fail, broken: list[bool] = broken) -> None:
                    if broken[0]:
                        fail(moment)

                run = self.make_run(hook=hook)
                ended(run.finish(), RunState.FAILED, f"when “{step_id}” failed, which nothing takes back")
                assert run.view.undo_order == (), f"a failure of “{step_id}” was rolled back although nothing can"
                broken[0] = False
                run.retry()
                ended(run.finish(), RunState.SUCCEEDED, f"when the failed “{step_id}” was retried")
                self.same(expected, f"after the failed “{step_id}” was retried")

    def test_corruption_found_by_any_step_is_undone(self) -> None:
        for step_id in self.steps_with_a_way_back():
            self.reset()
            before = self.snapshot()
            when = f"when the verification of “{step_id}” found corruption"
            ended(
                self.make_run(hook=failing(Call.VERIFY, step_id, DataCorruption)).finish(), RunState.ROLLED_BACK, when
            )
            self.same(before, when)

    def test_a_failed_undo_leaves_instructions_and_can_be_retried(self) -> None:
        last = self.last_with_a_way_back()
        for step_id in reversed(self.steps_with_a_way_back()):
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
            ended(view, RunState.STUCK, f"when the undo of “{step_id}” failed")
            told = [entry["step"] for entry in view.instructions]
            assert told == [step_id], f"instructions are for {told}, but “{step_id}” was tried"
            assert all(entry["actions"] for entry in view.instructions), "an instruction does not say what to do"
            broken[0] = False
            run.retry()
            ended(run.finish(), RunState.ROLLED_BACK, f"when the undo of “{step_id}” was retried")
            self.same(before, f"after the undo of “{step_id}” failed and was retried")

    def test_a_driver_may_die_around_every_undo(self) -> None:
        self._dies_while_undoing(*_UNDO_POINTS)

    def test_a_finished_run_can_be_rolled_back(self) -> None:
        """Unless there is a step that nothing takes back: then the rollback is refused before anything is touched."""
        refused = bool(self.steps_without_a_way_back())
        self.reset()
        before = self.snapshot()
        done = self.make_run()
        ended(done.finish(), RunState.SUCCEEDED, "although nothing disturbed it")
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
            secrets=done.secrets,
        )
        ended(back.finish(), RunState.FAILED if refused else RunState.ROLLED_BACK, "in a rollback after the end")
        self.same(after if refused else before, "after a rollback of the finished run")

    def _dies_everywhere(self, *points: str) -> Counter[str]:
        """Drive the run again and again, each time with a driver that dies one passing of a point later.

        As often as an undisturbed run passes it. Returns how many drivers died at each.
        """
        deaths = Counter[str]()
        with counted(*points) as passings:
            expected = self.settled()
            places = [(point, number + 1) for point in points for number in range(min(passings(point), MOST_PLACES))]
        for point, number in places:
            self.reset()
            view, died = survive(self.make_run(), f"{point}:{number}:raise")
            when = f"after a death at {point}, passing {number}"
            ended(view, RunState.SUCCEEDED, when)
            self.same(expected, when)
            deaths[point] += died
        _died_at([*_IN_EVERY_RUN, *(point for point, _ in places if point in _OF_PARTITIONS)], points, deaths)
        return deaths

    def _dies_while_undoing(self, *points: str) -> Counter[str]:
        """The same in runs whose last reversible step fails; deaths on the way there are at passings of their own."""
        last, deaths = self.last_with_a_way_back(), Counter[str]()
        if not last:
            return deaths
        with counted(*points) as passings:
            self._taken_back(last, "", "without a death")
            places = [(point, number + 1) for point in points for number in range(min(passings(point), MOST_PLACES))]
        for point, number in places:
            when = f"after a death at {point}, passing {number}, while it was rolled back"
            deaths[point] += self._taken_back(last, f"{point}:{number}:raise", when)
        _died_at(_UNDO_POINTS, points, deaths)
        return deaths

    def _taken_back(self, last: str, point: str, when: str) -> bool:
        """Whether its driver died there."""
        self.reset()
        before = self.snapshot()
        run = self.make_run(hook=failing(Call.DO, last, StepFailed))
        view, died = survive(run, point) if point else (run.finish(), False)
        ended(view, RunState.ROLLED_BACK, when)
        self.same(before, when)
        return died
