"""Opening, waiting, signals, slices, leases: what surrounds the steps."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition, LeaseLost
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.executor import Limits, OutcomeKind
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import Decision, RunKind, RunState, Signal, StepState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import ToyHandler, World, local_run

E = EventType


def types(run: LocalRun) -> list[str]:
    return [str(event.type) for event in run.memory.events]


def signal_at(run: LocalRun, signal: Signal, kind: EventType, nth: int = 1) -> None:
    """A person leaves `signal` as the nth event of this kind is written."""
    seen = [0]

    def on_append(events: Sequence[Event]) -> None:
        seen[0] += sum(event.type is kind for event in events)
        if seen[0] == nth:
            seen[0] += 1
            run.signal(signal)

    run.memory.on_append = on_append


def test_a_run_that_was_never_queued_is_not_driven() -> None:
    run = local_run(World())
    run.memory.events.clear()
    with pytest.raises(IllegalTransition, match="never queued"):
        run.drive()


def test_a_run_that_has_ended_stays_as_it_is() -> None:
    run = local_run(World())
    run.finish()
    before = types(run)
    outcome = run.drive()
    assert (outcome.kind, outcome.reason) == (OutcomeKind.FINISHED, "succeeded")
    assert types(run) == before


def test_the_result_carries_the_seeds_fields_and_rides_on_the_last_event() -> None:
    run = local_run(World())
    run.finish()
    result = run.memory.events[-1].payload["result"]
    assert result["status"] == "success"
    assert result["steps_completed"] == result["steps_total"] == 4
    assert result["downtime"] == 7


class TestSignals:
    def test_pause_takes_effect_at_the_next_batch_and_resume_goes_on_from_there(self) -> None:
        world = World()
        run = local_run(world)
        signal_at(run, Signal.PAUSE, E.CHECKPOINT_SAVED)
        assert run.finish().state is RunState.PAUSED
        assert len(world.target) == 2
        assert types(run)[-2:] == ["SignalReceived", "RunPaused"]
        run.signal(Signal.RESUME)
        assert run.finish().state is RunState.SUCCEEDED
        assert world.done.count("copy 0") == 1
        assert "RunTakenOver" not in types(run)

    def test_a_paused_run_that_is_driven_by_mistake_stays_paused_and_writes_nothing(self) -> None:
        run = local_run(World())
        run.signal(Signal.PAUSE)
        run.drive()
        before = types(run)
        outcome = run.drive()
        assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "paused")
        assert types(run) == before

    def test_pause_of_a_run_that_waits_needs_no_worker_to_go_on(self) -> None:
        run = local_run(World(), chosen={"cleanup_source": True})
        while run.view.parked_for is not ParkedFor.CONFIRMATION:
            run.drive()
        run.signal(Signal.PAUSE)
        assert run.drive().reason == "paused"
        assert types(run)[-3:] == ["RunParked", "SignalReceived", "RunPaused"]
        run.signal(Signal.NONE)
        assert run.drive().reason == "confirmation", "it still waits for the person"
        assert run.finish().state is RunState.SUCCEEDED

    def test_cancel_before_anything_was_started_ends_the_run(self) -> None:
        run = local_run(World())
        run.signal(Signal.CANCEL)
        view = run.finish()
        assert view.state is RunState.CANCELLED
        assert view.error is not None
        assert view.error["type"] == "user_cancelled"
        assert view.started_steps == ()

    def test_cancel_with_effects_rolls_back_and_says_why(self) -> None:
        world = World()
        before = world.snapshot()
        run = local_run(world)
        signal_at(run, Signal.CANCEL, E.CHECKPOINT_SAVED, 2)
        view = run.finish()
        assert (view.state, view.rollback_reason) == (RunState.ROLLED_BACK, "cancelled")
        assert view.result is not None
        assert view.result["status"] == "failure"
        assert world.snapshot() == before

    def test_cancel_without_a_way_back_stops_where_it_is(self) -> None:
        world = World()
        run = local_run(world, chosen={"rollback_enabled": False})
        signal_at(run, Signal.CANCEL, E.CHECKPOINT_SAVED)
        view = run.finish()
        assert view.state is RunState.CANCELLED
        assert len(world.target) == 2

    def test_cancel_of_a_paused_run(self) -> None:
        world = World()
        run = local_run(world)
        signal_at(run, Signal.PAUSE, E.CHECKPOINT_SAVED)
        run.finish()
        run.signal(Signal.CANCEL)
        assert run.finish().state is RunState.ROLLED_BACK
        assert world.target == {}

    def test_roll_back_of_a_running_run_succeeds_when_everything_is_undone(self) -> None:
        world = World()
        before = world.snapshot()
        run = local_run(world)
        signal_at(run, Signal.ROLL_BACK, E.STEP_SUCCEEDED, 3)
        view = run.finish()
        assert (view.state, view.rollback_reason, view.error) == (RunState.ROLLED_BACK, "asked", None)
        assert view.result is not None
        assert view.result["status"] == "success"
        assert world.snapshot() == before

    @pytest.mark.parametrize("signal", [Signal.CANCEL, Signal.ROLL_BACK])
    def test_a_dry_run_has_nothing_to_roll_back(self, signal: Signal) -> None:
        run = local_run(World(), kind=RunKind.DRY_RUN)
        signal_at(run, signal, E.STEP_SUCCEEDED)
        assert run.finish().state is RunState.CANCELLED

    @pytest.mark.parametrize("signal", [Signal.PAUSE, Signal.CANCEL, Signal.ROLL_BACK])
    def test_a_rollback_is_not_interrupted(self, signal: Signal) -> None:
        def hook(moment: Moment) -> None:
            if moment.step == "switch" and moment.call is Call.DO:
                raise ValueError("no")

        world = World()
        run = local_run(world, hook)
        signal_at(run, signal, E.UNDO_STARTED)
        assert run.finish().state is RunState.ROLLED_BACK
        assert world.target == {}

    @pytest.mark.parametrize("nth", range(1, 4))
    @pytest.mark.parametrize("signal", [Signal.PAUSE, Signal.CANCEL, Signal.ROLL_BACK])
    def test_a_signal_at_any_batch_acts_at_that_batch(self, signal: Signal, nth: int) -> None:
        world = World()
        run = local_run(world)
        signal_at(run, signal, E.CHECKPOINT_SAVED, nth)
        run.finish()
        assert sum(name.startswith("copy") for name in world.done) == 2 * nth


class TestSlices:
    def test_a_slice_ends_at_a_checkpoint_and_the_next_goes_on_there(self) -> None:
        world = World()
        run = local_run(world, limits=Limits(slice_seconds=10))
        run.memory.on_append = lambda events: run.clock.advance(6)
        kinds = []
        for _ in range(50):
            outcome = run.drive()
            kinds.append(outcome.kind)
            if outcome.kind is OutcomeKind.FINISHED:
                break
        assert kinds.count(OutcomeKind.YIELDED) >= 3
        assert run.view.state is RunState.SUCCEEDED
        assert [world.done.count(f"copy {key}") for key in range(6)] == [1] * 6
        taken = [event.payload["after"] for event in run.memory.events if event.type is E.RUN_TAKEN_OVER]
        assert set(taken) == {"slice"}

    def test_the_undo_yields_too(self) -> None:
        def hook(moment: Moment) -> None:
            if moment.step == "switch" and moment.call is Call.DO:
                run.memory.on_append = lambda events: run.clock.advance(6)
                raise ValueError("no")

        world = World()
        run = local_run(world, hook, limits=Limits(slice_seconds=10))
        assert run.finish().state is RunState.ROLLED_BACK
        assert world.target == {}
        assert "RunTakenOver" in types(run)

    def test_a_runtime_that_shuts_down_ends_the_slice_in_good_order(self) -> None:
        world = World()
        stopping = [False]

        def alive() -> None:
            if stopping[0]:
                raise SliceOver

        run = local_run(world, alive=alive)
        run.memory.on_append = lambda events: stopping.__setitem__(0, events[-1].type is E.CHECKPOINT_SAVED)
        assert run.drive().kind is OutcomeKind.YIELDED
        assert len(world.target) == 4, "the batch under way was finished and saved"
        run.memory.on_append = None
        stopping[0] = False
        assert run.finish().state is RunState.SUCCEEDED

    def test_a_slice_that_ends_outside_a_checkpoint_is_noted_and_is_no_death(self) -> None:
        switching = [0]

        def alive() -> None:
            if "switch" in world.done and switching[0] < 9:
                switching[0] += 1
                raise SliceOver

        world = World()
        run = local_run(world, alive=alive, limits=Limits(max_deaths=2))
        assert run.finish().state is RunState.SUCCEEDED
        assert world.done.count("switch") == 10
        notes = [event for event in run.memory.events if event.payload.get("slice_over")]
        assert len(notes) == 9


class TestLeases:
    def test_a_lease_lost_at_any_append_writes_nothing_more(self) -> None:
        undisturbed = local_run(World())
        undisturbed.finish()
        for nth in range(1, len(undisturbed.memory.events) + 1):
            run = local_run(World())
            left = [nth]
            written = [0]

            def before_append(
                events: Sequence[object], run: LocalRun = run, left: list[int] = left, written: list[int] = written
            ) -> None:
                left[0] -= 1
                if left[0] == 0:
                    run.memory.claim("run:1")
                    written[0] = len(run.memory.events)

            run.memory.before_append = before_append
            outcome = run.drive()
            assert outcome.kind is (OutcomeKind.SUPERSEDED if left[0] <= 0 else OutcomeKind.FINISHED)
            if left[0] <= 0:
                assert len(run.memory.events) == written[0], "the refused append left nothing"
            run.memory.before_append = None
            assert run.finish().state is RunState.SUCCEEDED

    @pytest.mark.parametrize("call", [Call.DO, Call.VERIFY])
    def test_a_lease_that_the_store_refuses_is_no_failure_of_the_step(self, call: Call) -> None:
        refused = [True]

        def hook(moment: Moment) -> None:
            if moment.call is call and moment.step == "switch" and refused:
                refused.clear()
                raise LeaseLost

        run = local_run(World(), hook)
        assert run.drive().kind is OutcomeKind.SUPERSEDED
        assert run.view.step("switch").state is StepState.RUNNING
        assert run.finish().state is RunState.SUCCEEDED

    def test_a_driver_that_was_frozen_changes_nothing_when_it_wakes(self) -> None:
        world = World()
        run = local_run(world)
        frozen = run.executor()
        run.finish()
        before = types(run)
        assert frozen.drive().kind is OutcomeKind.FINISHED, "it only reads that all is done"
        assert types(run) == before
        run = local_run(world)
        frozen = run.executor()
        run.executor()
        assert frozen.drive().kind is OutcomeKind.SUPERSEDED
        assert types(run) == ["RunQueued"]


class TestWaiting:
    def test_a_run_driven_too_early_waits_on_and_writes_nothing(self) -> None:
        down = [True]

        def hook(moment: Moment) -> None:
            if moment.step == "switch" and down[0]:
                raise DependencyUnavailable

        run = local_run(World(), hook)
        outcome = run.drive()
        before = types(run)
        again = run.drive()
        assert (outcome.kind, outcome.reason) == (OutcomeKind.PARKED, "retry")
        assert again == outcome
        assert types(run) == before
        down[0] = False
        assert run.finish().state is RunState.SUCCEEDED

    def test_a_confirmation_is_waited_for_without_a_worker_and_approval_goes_on(self) -> None:
        world = World()
        run = local_run(world, chosen={"cleanup_source": True})
        outcome = run.drive()
        assert (outcome.kind, outcome.reason, outcome.wake_at) == (OutcomeKind.PARKED, "confirmation", None)
        before = types(run)
        assert run.drive() == outcome
        assert types(run) == before
        run.answer(Decision.APPROVE)
        assert run.drive().kind is OutcomeKind.FINISHED
        assert world.source == {}

    def test_a_declined_step_is_skipped_and_the_result_is_partial(self) -> None:
        world = World()
        run = local_run(world, chosen={"cleanup_source": True})
        view = run.finish(confirm=Decision.REJECT)
        assert view.state is RunState.SUCCEEDED
        assert view.step("clean").state is StepState.SKIPPED
        assert len(world.source) == 6
        assert view.result is not None
        assert view.result["status"] == "partial"

    def test_partitions_are_offered_again_when_the_run_is_driven_meanwhile(self) -> None:
        run = local_run(World(), chosen={"parallel_workers": 2})
        outcome = run.drive()
        assert outcome.partitions == (("copy", 0), ("copy", 1))
        run.finish_partition("copy", 0)
        before = types(run)
        assert run.drive().partitions == (("copy", 1),)
        assert types(run) == before

    def test_resuming_a_paused_run_offers_the_partitions_that_are_left(self) -> None:
        run = local_run(World(), chosen={"parallel_workers": 2})
        run.drive()
        run.finish_partition("copy", 1)
        run.signal(Signal.PAUSE)
        assert run.drive().reason == "paused"
        run.signal(Signal.NONE)
        outcome = run.drive()
        assert (outcome.reason, outcome.partitions) == ("partitions", (("copy", 0),))
        assert run.finish().state is RunState.SUCCEEDED


class TestVersions:
    def test_a_queued_run_of_another_handler_version_is_left_to_others(self) -> None:
        world = World()
        run = local_run(world)
        before = types(run)
        run.plan = run.memory.plan = replace(run.plan, handler_version="0")
        assert run.drive().kind is OutcomeKind.SUPERSEDED
        assert (types(run), world.done) == (before, [])

    def test_a_plan_of_a_version_that_the_handler_runs_as_well_is_run(self) -> None:
        class Newer(ToyHandler):
            version = "2"
            compatible_versions = ("1",)

        world = World()
        run = local_run(world)
        run.handler = Newer(world)
        assert run.finish().state is RunState.SUCCEEDED

    def test_a_run_under_way_is_left_to_workers_with_its_version(self) -> None:
        run = local_run(World())
        with armed("forward.outcome_written:raise"), pytest.raises(Crash):
            run.drive()
        before = types(run)
        run.plan = replace(run.plan, handler_version="0")
        assert run.drive().kind is OutcomeKind.SUPERSEDED
        assert types(run) == before

    def test_a_journal_of_a_newer_format_is_left_to_newer_workers(self) -> None:
        run = local_run(World())
        run.memory.events.append(Event(2, run.clock.now(), E.RUN_STARTED, format=99))
        outcome = run.drive()
        assert outcome.kind is OutcomeKind.SUPERSEDED
        assert "newer" in outcome.reason


def test_a_failed_run_goes_on_from_its_checkpoint_when_a_person_retries_it() -> None:
    broken = [True]

    def hook(moment: Moment) -> None:
        if moment.step == "switch" and moment.call is Call.DO and broken[0]:
            raise ValueError("no")

    world = World()
    run = local_run(world, hook, chosen={"auto_rollback": False})
    assert run.finish().state is RunState.FAILED
    broken[0] = False
    run.retry()
    view = run.finish()
    assert (view.state, view.error) == (RunState.SUCCEEDED, None)
    assert world.done.count("look") == world.done.count("copy 0") == 1
