from typing import Any

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.events import EventType
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


def within_look(act: Any) -> LocalRun:
    """A finished run whose first step calls `act(context)`."""

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "look" and not moment.after:
            act(moment.context)

    run = local_run(World(), hook)
    run.finish()
    return run


def saved(run: LocalRun) -> list[dict[str, Any]]:
    return [
        dict(event.payload)
        for event in run.memory.events
        if event.type is EventType.CHECKPOINT_SAVED and event.step == "look"
    ]


def test_a_checkpoint_carries_what_it_was_given() -> None:
    def act(ctx: ActionContext) -> None:
        ctx.progress.save({"cursor": "a"}, done=3, total=9, unit="rows", counters={"kept": 2})
        ctx.progress.save({"cursor": "b"}, done=4)

    first, second = saved(within_look(act))
    assert first == {"checkpoint": {"cursor": "a"}, "done": 3, "total": 9, "unit": "rows", "counters": {"kept": 2}}
    assert second == {"checkpoint": {"cursor": "b"}, "done": 4, "unit": "", "counters": {}}


def test_a_checkpoint_that_is_not_json_fails_the_step_and_is_not_written() -> None:
    run = within_look(lambda ctx: ctx.progress.save({"cursor": object()}, done=1))
    assert run.view.state is RunState.ROLLED_BACK
    assert (run.view.error or {})["message"].startswith("The checkpoint is not plain JSON")
    assert saved(run) == []


def test_the_undo_marks_its_checkpoints() -> None:
    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch":
            raise StepFailed

    run = local_run(World(), hook)
    run.finish()
    undone = [event for event in run.memory.events if event.payload.get("undo")]
    assert len(undone) == 6
    assert {event.step for event in undone} == {"copy"}


def test_the_heartbeat_hears_of_every_checkpoint_and_of_life_between() -> None:
    beats = []
    run = local_run(World(), alive=lambda: beats.append("beat"))
    run.finish()
    assert len(beats) == 4, "three batches, and one sign of life in the switch"


@pytest.mark.parametrize("level", ["info", "warning"])
def test_log_lines_are_events_and_overlong_ones_are_cut(level: str) -> None:
    run = within_look(lambda ctx: getattr(ctx.log, level)("x" * 5000))
    line = next(event for event in run.memory.events if event.type is EventType.LOGGED)
    assert line.payload == {"level": level, "message": "x" * 2000}
    assert line.step == "look"
