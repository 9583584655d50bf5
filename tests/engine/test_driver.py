from collections.abc import Sequence

from migrations_app.engine.events import Event, EventType, NewEvent
from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


def test_what_others_write_meanwhile_is_read_before_going_on() -> None:
    """A service appends without the lease; the driver's own view must not go wrong by it."""

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "copy":
            run.memory.write(NewEvent(EventType.LOGGED, payload={"level": "warning", "message": "from outside"}))

    run = local_run(World(), hook)
    view = run.finish()
    assert view.state is RunState.SUCCEEDED
    assert view.warnings == ("from outside", "from outside")
    assert [event.seq for event in run.memory.events] == list(range(1, len(run.memory.events) + 1))


def test_an_action_sees_the_results_before_it_and_its_own_share() -> None:
    seen = {}

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch" and not moment.after:
            ctx = moment.context
            seen.update(results=dict(ctx.results), worker=ctx.worker.scope, extra=dict(ctx.extra), share=ctx.partitions)

    local_run(World(), hook, extra={"key": b"k"}).finish()
    assert seen["results"] == {"look": {"items": 6}, "copy": {"copied": 6}}
    assert (seen["worker"], seen["extra"], seen["share"]) == ("run:1", {"key": b"k"}, 1)


def test_without_a_time_limit_nothing_is_stopped() -> None:
    run = local_run(World(), chosen={"timeout": None})
    run.memory.on_append = lambda events: run.clock.advance(10_000)
    assert run.finish().state is RunState.SUCCEEDED


def test_an_outcome_and_the_next_intent_are_one_append() -> None:
    appends: list[Sequence[Event]] = []
    run = local_run(World())
    run.memory.on_append = appends.append
    run.finish()
    together = [[event.type for event in events] for events in appends if len(events) > 1]
    assert together == [[EventType.STEP_SUCCEEDED, EventType.STEP_STARTED]] * 3


def test_no_intent_is_written_when_a_person_has_asked_for_something() -> None:
    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "look":
            run.signal(Signal.PAUSE)

    run = local_run(World(), hook)
    assert run.drive().reason == "paused"
    assert not run.view.step("copy").was_started
    run.signal(Signal.NONE)
    assert run.finish().state is RunState.SUCCEEDED
    assert [step.attempt for step in run.view.steps] == [1, 1, 1, 1]
