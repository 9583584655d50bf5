"""Steps on the way forward: intent, effect, verification, outcome, and every way to fail."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption, DependencyUnavailable, IllegalTransition, StepFailed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.executor import Limits, OutcomeKind
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.vocabulary import Decision, RunKind, RunState, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Hook, Moment
from tests.engine.toy import Look, ToyHandler, World, local_run

STEPS = ("look", "copy", "switch", "clean")


def failing(step: str, error: Exception, *, times: int = 1_000, call: Call = Call.DO) -> Hook:
    left = [times]

    def hook(moment: Moment) -> None:
        if moment.call is call and moment.step == step and not moment.after and left[0]:
            left[0] -= 1
            raise error

    return hook


def events(run: LocalRun, kind: EventType) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in run.memory.events if event.type is kind]


def test_the_intent_is_written_before_the_effect_and_the_outcome_after() -> None:
    world = World()
    run = local_run(world)
    seen: list[tuple[str, int]] = []
    run.memory.on_append = lambda written: seen.extend((f"{e.type} {e.step}", len(world.done)) for e in written)
    run.finish()
    assert ("StepStarted copy", 1) in seen
    assert ("StepSucceeded copy", 7) in seen


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_step_rolls_the_run_back(step: str) -> None:
    world = World()
    before = world.snapshot()
    view = local_run(world, failing(step, StepFailed("It broke."))).finish()
    assert (view.state, view.rollback_reason) == (RunState.ROLLED_BACK, "failure")
    assert view.error is not None
    assert view.error["message"] == "It broke."
    assert view.error["rollback_available"] is True
    assert world.snapshot() == before


def test_an_unexpected_error_is_a_failure_that_names_it_without_secrets() -> None:
    view = local_run(World(), failing("copy", KeyError("dsn=x:source-secret-word@host"))).finish()
    assert view.error is not None
    assert "unexpected KeyError" in view.error["message"]
    assert "•••" in view.error["message"]
    assert "secret-word" not in str(view)


def test_secrets_do_not_reach_the_log_or_a_result() -> None:
    def hook(moment: Moment) -> None:
        if moment.step == "look" and moment.call is Call.DO:
            moment.context.log.warning("password is target-secret-word")

    run = local_run(World(), hook)
    view = run.finish()
    assert view.warnings == ("password is •••", "password is •••")
    assert "secret-word" not in str(run.memory.events)


def test_without_automatic_rollback_the_run_fails_and_the_targets_stay() -> None:
    world = World()
    view = local_run(world, failing("switch", StepFailed()), chosen={"auto_rollback": False}).finish()
    assert view.state is RunState.FAILED
    assert len(world.target) == 6
    assert view.result is not None
    assert view.result["status"] == "partial"
    assert view.result["failed_steps"] == ["switch"]


@pytest.mark.parametrize("chosen", [{}, {"auto_rollback": False}, {"rollback_enabled": False}])
def test_corrupted_data_is_rolled_back_at_once_whatever_the_options(chosen: dict[str, Any]) -> None:
    world = World()
    before = world.snapshot()
    run = local_run(world, failing("switch", DataCorruption(), call=Call.VERIFY), chosen=chosen)
    view = run.finish()
    assert (view.state, view.rollback_reason) == (RunState.ROLLED_BACK, "emergency")
    assert events(run, EventType.ROLLBACK_STARTED)[0]["emergency"] is True
    assert world.snapshot() == before


def test_what_goes_away_by_itself_is_tried_again_with_growing_waits_and_no_worker() -> None:
    run = local_run(World(), failing("switch", DependencyUnavailable(), times=3))
    waits = []
    for _ in range(3):
        outcome = run.drive()
        assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "retry")
        assert outcome.wake_at is not None
        waits.append((outcome.wake_at - run.clock.now()).total_seconds())
        run.clock.advance_to(outcome.wake_at)
    assert waits == [1.0, 2.0, 4.0]
    assert run.drive().kind is OutcomeKind.FINISHED
    assert run.view.step("switch").attempt == 4
    assert run.view.step("switch").error is None


def test_retries_are_exhausted_after_what_the_options_allow() -> None:
    run = local_run(World(), failing("switch", DependencyUnavailable()), chosen={"max_retries": 2})
    assert run.finish().state is RunState.ROLLED_BACK
    assert len(events(run, EventType.STEP_RETRY_SCHEDULED)) == 2


def test_progress_sets_the_count_of_retries_back() -> None:
    saves = itertools.count()

    def every_other_save_is_refused(new: Sequence[NewEvent]) -> None:
        if any(event.type is EventType.CHECKPOINT_SAVED for event in new) and next(saves) % 2 == 0:
            raise DependencyUnavailable("The journal's database does not answer.")

    run = local_run(World(), chosen={"max_retries": 1, "batch_size": 1})
    run.memory.before_append = every_other_save_is_refused
    assert run.finish().state is RunState.SUCCEEDED
    assert len(events(run, EventType.STEP_RETRY_SCHEDULED)) > 2


def test_three_deaths_without_a_checkpoint_end_the_step() -> None:
    world = World()
    run = local_run(world)
    for passing in (2, 1, 1):  # the first driver also passes it in “look”
        with armed(f"forward.done:{passing}:raise"), pytest.raises(Crash):
            run.drive()
    view = run.finish()
    assert view.state is RunState.ROLLED_BACK
    assert view.error is not None
    assert view.error["type"] == "step_crashed"
    assert "3 times" in view.error["message"]
    assert world.target == {}


def test_deaths_with_progress_in_between_do_not_add_up() -> None:
    run = local_run(World(), chosen={"batch_size": 1}, limits=Limits(max_deaths=2))
    for _ in range(6):
        with armed("progress.saved:1:raise"), pytest.raises(Crash):
            run.drive()
    assert run.finish().state is RunState.SUCCEEDED


def test_a_run_that_works_longer_than_its_limit_is_stopped_and_rolled_back() -> None:
    world = World()
    run = local_run(world, chosen={"timeout": 5_000})
    run.memory.on_append = lambda written: run.clock.advance(2)
    view = run.finish()
    assert view.state is RunState.ROLLED_BACK
    assert view.error is not None
    assert (view.error["type"], view.error["retryable"]) == ("timeout", False)
    assert world.target == {}
    assert not events(run, EventType.STEP_RETRY_SCHEDULED)


def test_a_result_that_is_not_json_fails_the_step() -> None:
    class Odd(Look):
        def do(self, ctx: ActionContext) -> Mapping[str, Any]:
            return {"odd": object()}

    class Handler(ToyHandler):
        def actions(self) -> Mapping[str, Action]:
            return {**super().actions(), "look": Odd(self.world)}

    run = local_run(World())
    run.handler = Handler(World())
    view = run.finish()
    assert view.error is not None
    assert "not plain JSON" in view.error["message"]


def test_an_action_the_handler_lacks_fails_the_step() -> None:
    run = local_run(World())
    steps = tuple(replace(step, action="fly") if step.id == "switch" else step for step in run.plan.steps)
    run.plan = replace(run.plan, steps=steps)
    run.memory.plan = run.plan
    view = run.finish()
    assert view.error is not None
    assert "no action “fly”" in view.error["message"]


def test_steps_that_depend_on_a_declined_one_are_skipped_too() -> None:
    run = local_run(World(), chosen={"cleanup_source": True})
    first, *middle, last = run.plan.steps
    after = replace(last, id="after", confirm="", depends_on=("clean",))
    run = LocalRun(run.handler, replace(run.plan, steps=(first, *middle, last, after)), run.targets)
    view = run.finish(confirm=Decision.REJECT)
    assert view.state is RunState.SUCCEEDED
    assert [view.step(name).state for name in ("clean", "after")] == [StepState.SKIPPED] * 2
    assert view.step("after").skipped_because == "It depends on “clean”, which was skipped."


class TestDryRun:
    def test_it_only_previews_every_step_read_only_and_asks_nobody(self) -> None:
        world = World()
        run = local_run(world, kind=RunKind.DRY_RUN, chosen={"cleanup_source": True, "parallel_workers": 4})
        view = run.finish()
        assert view.state is RunState.SUCCEEDED
        assert world.done == []
        assert view.results == {step: {"would": step} for step in STEPS}

    @pytest.mark.parametrize("error", [StepFailed(), DataCorruption()])
    def test_a_failure_ends_it_without_a_rollback(self, error: Exception) -> None:
        run = local_run(World(), failing("copy", error, call=Call.PREVIEW), kind=RunKind.DRY_RUN)
        view = run.finish()
        assert view.state is RunState.FAILED
        assert view.error is not None
        assert view.error["rollback_available"] is False


class TestPartitions:
    def test_partitions_are_planned_run_apart_merged_and_verified(self) -> None:
        world = World()
        run = local_run(world, chosen={"parallel_workers": 3})
        outcome = run.drive()
        assert outcome.partitions == (("copy", 0), ("copy", 1), ("copy", 2))
        assert run.view.state is RunState.PARKED
        view = run.finish()
        assert view.state is RunState.SUCCEEDED
        assert view.results["copy"] == {"copied": 6}
        assert (view.step("copy").done, view.step("copy").total) == (6, 6)

    def test_a_partition_that_failed_fails_the_step_and_the_run_is_undone(self) -> None:
        def hook(moment: Moment) -> None:
            if moment.step == "copy" and moment.call is Call.DO and moment.context.partition == 1:
                raise StepFailed("Partition one broke.")

        world = World()
        run = local_run(world, hook, chosen={"parallel_workers": 2})
        view = run.finish()
        assert view.state is RunState.ROLLED_BACK
        assert view.error is not None
        assert view.error["message"] == "Partition one broke."
        assert world.target == {}

    def test_a_verification_that_is_retried_does_not_run_the_partitions_again(self) -> None:
        world = World()
        hook = failing("copy", DependencyUnavailable(), times=2, call=Call.VERIFY)
        view = local_run(world, hook, chosen={"parallel_workers": 2}).finish()
        assert view.state is RunState.SUCCEEDED
        assert [world.done.count(f"copy {key}") for key in range(6)] == [1] * 6

    def test_a_confirmation_nobody_wants_is_refused(self) -> None:
        run = local_run(World(), chosen={"parallel_workers": 2})
        run.drive()
        run.memory.write(NewEvent(EventType.CONFIRMATION_GIVEN, "copy", payload={"decision": "approve"}))
        with pytest.raises(IllegalTransition, match="no confirmation is wanted"):
            run.drive()
