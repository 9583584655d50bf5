"""The way back: order, retries, stuck with instructions, rollback runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DependencyUnavailable, LeaseLost, StepFailed
from migrations_app.engine.events import EventType
from migrations_app.engine.executor import OutcomeKind
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import CLOSED_TOKEN
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState, Signal, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.engine.toy import Copy, ToyHandler, World, local_run


class Breaks:
    """Fails the last step; `undo` maps a step to the errors that its undo raises, one after the other."""

    def __init__(self, last: str = "clean", **undo: Sequence[BaseException]) -> None:
        self.last = last
        self.undo = {step: list(errors) for step, errors in undo.items()}
        self.undone: list[str] = []

    def __call__(self, moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == self.last and moment.after:
            raise StepFailed
        if moment.call is Call.UNDO and not moment.after and self.undo.get(moment.step):
            raise self.undo[moment.step].pop(0)
        if moment.call is Call.UNDO and moment.after:
            self.undone.append(moment.step)


def test_what_was_started_is_undone_the_last_one_first() -> None:
    breaks = Breaks("switch")
    view = local_run(World(), breaks).finish()
    assert view.undo_order == ("switch", "copy", "look")
    assert breaks.undone == ["switch", "copy", "look"]
    assert view.result is not None
    assert view.result["rollback_info"]["undone"] == ["switch", "copy", "look"]
    assert view.step("clean").state is StepState.PENDING


def fixed(run: LocalRun, *irreversible: str, **values: object) -> LocalRun:
    """The run, with steps that nothing takes back."""
    steps = tuple(replace(step, reversible=step.id not in irreversible) for step in run.plan.steps)
    return LocalRun(run.handler, replace(run.plan, steps=steps), run.targets, **values)  # type: ignore[arg-type]


def test_past_a_step_that_nothing_takes_back_a_failure_is_not_undone_and_can_be_retried() -> None:
    breaks, world = Breaks(), World()
    run = fixed(local_run(world, breaks), "switch")
    view = run.finish()

    assert (view.state, breaks.undone, world.serving) == (RunState.FAILED, [], "target")
    assert view.error is not None
    assert view.error["rollback_available"] is False
    breaks.last = ""
    run.retry()
    assert run.finish().state is RunState.SUCCEEDED


def test_before_it_a_failure_is_undone_as_ever() -> None:
    breaks = Breaks("copy")
    assert fixed(local_run(World(), breaks), "switch").finish().state is RunState.ROLLED_BACK
    assert breaks.undone == ["copy", "look"]


@pytest.mark.parametrize(
    ("signal", "state"), [(Signal.CANCEL, RunState.CANCELLED), (Signal.ROLL_BACK, RunState.FAILED)]
)
def test_a_wish_that_comes_past_it_ends_the_run_where_it_is(signal: Signal, state: RunState) -> None:
    world = World()

    def ask(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch" and moment.after:
            run.signal(signal)

    run = fixed(local_run(world, ask), "switch")
    view = run.finish()

    assert (view.state, world.serving) == (state, "target")
    assert view.undo_order == ()


def test_a_rollback_run_is_refused_before_anything_is_touched() -> None:
    world = World()
    done = fixed(local_run(world, None), "switch")
    assert done.finish().state is RunState.SUCCEEDED
    before = world.snapshot()

    view = fixed(done, "switch", kind=RunKind.ROLLBACK, run_id=2, undoes=done).finish()

    assert (view.state, world.snapshot()) == (RunState.FAILED, before)
    assert view.error is not None
    assert "“Let the target serve” cannot be taken back" in view.error["message"]
    assert view.error["recovery_actions"] == ["Plan a migration in the other direction."]


def test_an_undo_is_retried_while_no_worker_waits() -> None:
    run = local_run(World(), Breaks(copy=[DependencyUnavailable(), DependencyUnavailable()]))
    outcome = run.drive()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "retry")
    assert run.view.state is RunState.ROLLING_BACK
    assert run.drive() == outcome, "driven too early, it waits on"
    assert run.finish().state is RunState.ROLLED_BACK
    assert run.view.step("copy").attempt == 3


def stuck(run: LocalRun) -> tuple[RunView, str]:
    """The view of a run that ends stuck, and the message of its error."""
    view = run.finish()
    assert view.state is RunState.STUCK
    assert view.error is not None
    assert view.error["type"] == "rollback_failed"
    assert view.error["immediate_action_required"] is True
    return view, view.error["message"]


def test_an_undo_that_fails_for_good_is_stuck_with_instructions_for_what_was_tried() -> None:
    breaks = Breaks(switch=[StepFailed("The route is held by somebody.")])
    view, message = stuck(local_run(World(), breaks))
    assert breaks.undone == ["clean"], "nothing is touched after the failed undo"
    assert [entry["step"] for entry in view.instructions] == ["switch"], "a retry undoes the others"
    assert view.instructions[0]["actions"] == ["Let the source serve again.", "Restart what reads “shelf-source”."]
    assert message == "Undoing the step “Let the target serve” failed: The route is held by somebody."
    assert view.result is not None
    assert view.result["rollback_info"]["remaining"] == ["switch", "copy", "look"]


def test_retries_of_an_undo_are_exhausted() -> None:
    stuck(local_run(World(), Breaks(copy=[DependencyUnavailable()] * 9), chosen={"max_retries": 2}))


def test_a_stuck_rollback_can_be_retried_by_a_person() -> None:
    world = World()
    before = world.snapshot()
    breaks = Breaks(copy=[StepFailed()])
    run = local_run(world, breaks)
    stuck(run)
    run.retry()
    view = run.finish()
    assert view.state is RunState.ROLLED_BACK
    assert view.instructions == ()
    assert breaks.undone == ["clean", "switch", "copy", "look"], "what was undone is not undone again"
    assert world.snapshot() == before


def test_people_get_instructions_even_from_a_broken_handler() -> None:
    class Mute(Copy):
        def manual_undo(self, ctx: ActionContext) -> Sequence[str]:
            raise RuntimeError("no words")

    class Handler(ToyHandler):
        def actions(self) -> Mapping[str, Action]:
            return {**super().actions(), "copy": Mute(self.world)}

    run = local_run(World(), Breaks(copy=[StepFailed()]))
    run.handler = InterposedHandler(Handler(World()), Breaks(copy=[StepFailed()]))
    view, _ = stuck(run)
    assert view.instructions[0]["actions"] == [
        "Undo the step “Copy the items” by hand: remove the copies.",
        "Its handler could not say how (RuntimeError).",
    ]


def test_three_deaths_in_an_undo_are_stuck() -> None:
    run = local_run(World(), Breaks("switch"))
    with armed("rollback.effect_done:1:raise"), pytest.raises(Crash):
        run.drive()
    for _ in range(2):
        with armed("rollback.intent_written:1:raise"), pytest.raises(Crash):
            run.drive()
    _, message = stuck(run)
    assert "3 times" in message


def test_a_lease_lost_in_an_undo_writes_nothing_more() -> None:
    run = local_run(World(), Breaks(copy=[LeaseLost()]))
    assert run.drive().kind is OutcomeKind.SUPERSEDED
    assert run.view.step("copy").state is StepState.UNDOING
    assert run.finish().state is RunState.ROLLED_BACK


def test_the_undo_closes_the_partitions_of_its_run() -> None:
    closed = []

    def hook(moment: Moment) -> None:
        if moment.call is Call.UNDO and not moment.after:
            closed.append((moment.step, [t.scope for t in moment.context.closed_partitions()]))
            assert (moment.context.partition, moment.context.partitions) == (0, 1)
            assert all(token.token == CLOSED_TOKEN for token in moment.context.closed_partitions())
        if moment.call is Call.DO and moment.step == "switch":
            raise StepFailed

    local_run(World(), hook, chosen={"parallel_workers": 2}).finish()
    assert closed == [("switch", []), ("copy", ["run:1:copy:0", "run:1:copy:1"]), ("look", [])]


class TestRollbackRun:
    def rollback_of(self, done: LocalRun) -> LocalRun:
        return LocalRun(
            done.handler, done.plan, done.targets, kind=RunKind.ROLLBACK, run_id=2, undoes=done, clock=done.clock
        )

    def test_a_finished_run_is_taken_back_by_a_run_of_its_own(self) -> None:
        seen = []

        def hook(moment: Moment) -> None:
            if moment.call is Call.UNDO and not moment.after:
                ctx = moment.context
                seen.append((moment.step, ctx.run_id, ctx.effect_run_id, dict(ctx.results.get(moment.step, {}))))

        world = World()
        before = world.snapshot()
        done = local_run(world, hook, chosen={"cleanup_source": True})
        done.finish()
        back = self.rollback_of(done)
        view = back.finish()
        assert (view.state, view.rollback_reason, view.error) == (RunState.ROLLED_BACK, "rollback run", None)
        assert world.snapshot() == before
        assert seen[1] == ("switch", 2, 1, {"downtime": 7})
        assert [name for name, *_ in seen] == ["clean", "switch", "copy", "look"]
        assert view.result is not None
        assert view.result["status"] == "success"

    def test_a_failed_run_is_taken_back_including_the_step_without_a_result(self) -> None:
        world = World()
        before = world.snapshot()
        done = local_run(world, Breaks("switch"), chosen={"auto_rollback": False})
        assert done.finish().state is RunState.FAILED
        assert self.rollback_of(done).finish().undo_order == ("switch", "copy", "look")
        assert world.snapshot() == before

    def test_its_driver_may_die_before_the_rollback_started(self) -> None:
        world = World()
        done = local_run(world)
        done.finish()
        back = self.rollback_of(done)
        with armed("executor.opened:raise"), pytest.raises(Crash):
            back.drive()
        assert back.finish().state is RunState.ROLLED_BACK
        assert [event.type for event in back.memory.events].count(EventType.ROLLBACK_STARTED) == 1
