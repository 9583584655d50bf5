"""A rehearsal of the toy migration: the steps are done on a shelf of its own, which is empty again in the end."""

from dataclasses import replace

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import IllegalTransition, ValidationFailed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.rehearsal import NOT_REHEARSED, UnmovedRoutes
from migrations_app.engine.vocabulary import RoutePhase, RunKind, RunState, Signal, StepState
from migrations_app.testing.interposing import Call, Moment
from migrations_app.testing.memory import MemoryRoutes
from tests.engine.toy import World, local_run


def rehearsal(world, **values):
    return local_run(world, kind=RunKind.REHEARSAL, **values)


@pytest.fixture(params=[1, 3], ids=["inline", "partitions"])
def options(request):
    return {"parallel_workers": request.param, "cleanup_source": True, "rollback_enabled": False}


def test_nothing_but_the_scratch_shelf_is_touched_and_that_is_empty_again(options):
    world = World()
    before = world.snapshot()

    view = rehearsal(world, chosen=options).finish()

    assert view.state is RunState.SUCCEEDED
    assert sum(done.startswith("copy") for done in world.done) == 6
    assert (world.snapshot(), world.scratch) == (before, {})
    assert view.step("copy").state is StepState.UNDONE
    assert view.results["copy"] == {"copied": 6}
    assert view.results["switch"] == {NOT_REHEARSED: "That the target serves."}
    assert view.result["status"] == "success"
    assert view.result["completed_steps"] == ["look", "copy", "switch", "clean"]
    assert view.result["validation_results"][0]["passed"] is True


def test_what_it_leaves_open_waits_for_nobody(options):
    """The last step of the toy wants a confirmation when it is done; nobody is asked in a rehearsal."""
    run = rehearsal(World(), chosen=options)
    run.finish()
    assert EventType.CONFIRMATION_WANTED not in {event.type for event in run.memory.events}


@pytest.mark.parametrize(
    "point", ["forward.effect_done:2", "rollback.started", "rollback.effect_done", "forward.done:2"]
)
def test_a_driver_that_dies_leaves_it_to_the_next_one(point):
    world = World()
    run = rehearsal(world)
    with armed(f"{point}:raise"), pytest.raises(Crash):
        run.finish()

    assert run.finish().state is RunState.SUCCEEDED
    assert world.scratch == {}


def test_a_step_that_fails_ends_in_the_clean_up_whatever_the_options_say(options):
    def fail(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch":
            raise ValidationFailed("It does not fit.")

    world = World()
    view = rehearsal(world, chosen={**options, "auto_rollback": False}, hook=fail).finish()

    assert view.state is RunState.ROLLED_BACK
    assert view.error["message"] == "It does not fit."
    assert world.scratch == {}
    assert view.result["status"] == "failure"


def test_cancelled_it_is_cleaned_up(options):
    world = World()
    run = rehearsal(world, chosen={**options, "parallel_workers": 1})
    with armed("forward.effect_done:2:raise"), pytest.raises(Crash):
        run.finish()
    run.signal(Signal.CANCEL)

    assert run.finish().state is RunState.ROLLED_BACK
    assert world.scratch == {}


def test_a_clean_up_that_fails_for_good_is_stuck_says_what_to_do_and_can_be_retried():
    world = World(kept_from_cleaning=True)
    run = rehearsal(world)
    view = run.finish()
    assert view.state is RunState.STUCK
    assert view.instructions[0]["actions"] == ["Empty the shelf of the rehearsal."]

    world.kept_from_cleaning = False
    run.retry()

    view = run.finish()
    assert (view.state, view.error, world.scratch) == (RunState.SUCCEEDED, None, {})


def test_where_there_is_no_place_no_driver_begins():
    run = rehearsal(World())
    run.targets = {**run.targets, "target": replace(run.targets["target"], config={"host": "nowhere"})}
    with pytest.raises(ValidationFailed, match="no room for a shelf"):
        run.drive()


def test_only_a_rehearsal_succeeds_on_its_way_back():
    run = local_run(World())
    with armed("forward.effect_done:2:raise"), pytest.raises(Crash):
        run.finish()
    run.memory.write(NewEvent(EventType.ROLLBACK_STARTED, payload={"reason": "asked", "steps": []}))
    run.memory.write(NewEvent(EventType.RUN_SUCCEEDED))
    with pytest.raises(IllegalTransition, match="what it did was undone"):
        run.finish()


def test_no_route_moves():
    routes = MemoryRoutes()
    first = routes.publish(RouteRecord("shop", 1, RoutePhase.PLAIN_A, "a", {"a": "x"}), expected_epoch=None)
    unmoved = UnmovedRoutes(routes)
    assert unmoved.get("shop") == first
    with pytest.raises(IllegalTransition, match="moves no route"):
        unmoved.publish(replace(first, epoch=2), expected_epoch=1)
    with pytest.raises(IllegalTransition, match="moves no route"):
        unmoved.reserve("shop", expected_epoch=1, count=5)
    assert unmoved.reserved("shop") == routes.reserved("shop")
