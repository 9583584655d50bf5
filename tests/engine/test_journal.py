"""The fold of whole runs; single steps are in test_step_fold."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.journal import Event, EventType, apply, fold, initial_view
from migrations_app.engine.run_view import Direction, ParkedFor
from migrations_app.engine.vocabulary import RunState, StepState
from migrations_app.testing.memory import START
from tests.engine import toy

PLAN = toy.plan()
E = EventType


def events(*told: tuple[Any, ...]) -> list[Event]:
    """(type, step, payload) in order; a second passes between two."""
    made = []
    for seq, (kind, *rest) in enumerate(told, 1):
        step = rest[0] if rest else ""
        payload = rest[1] if len(rest) > 1 else {}
        made.append(Event(seq, START + timedelta(seconds=seq), kind, step, payload=payload))
    return made


def test_a_run_that_succeeds() -> None:
    view = fold(
        events(
            (E.RUN_QUEUED,), (E.RUN_STARTED,), (E.STEP_STARTED, "look"), (E.STEP_SUCCEEDED, "look"), (E.RUN_SUCCEEDED,)
        ),
        PLAN,
    )
    assert (view.state, view.seq, view.is_final) == (RunState.SUCCEEDED, 5, True)
    assert view.ended_at == START + timedelta(seconds=5)
    assert view.step("look").duration_seconds == 1.0
    assert view.started_steps == ("look",)


def test_nothing_is_anything_before_it_is_queued() -> None:
    assert initial_view(PLAN).state is None
    with pytest.raises(IllegalTransition, match="not queued yet"):
        fold(events((E.RUN_STARTED,)), PLAN)
    with pytest.raises(IllegalTransition, match="queued already"):
        fold(events((E.RUN_QUEUED,), (E.RUN_QUEUED,)), PLAN)


def test_a_gap_a_newer_format_and_an_unknown_step_are_refused() -> None:
    queued = fold(events((E.RUN_QUEUED,)), PLAN)
    with pytest.raises(IllegalTransition, match="should be 2"):
        apply(queued, Event(3, START, E.RUN_STARTED))
    with pytest.raises(IllegalTransition, match="newer than 1"):
        apply(queued, Event(2, START, E.RUN_STARTED, format=2))
    running = apply(queued, Event(2, START, E.RUN_STARTED))
    with pytest.raises(IllegalTransition, match="no such step") as refused:
        apply(running, Event(3, START, E.STEP_STARTED, "walk"))
    assert refused.value.details["step"] == "walk"
    with pytest.raises(IllegalTransition, match="the run is queued"):
        apply(queued, Event(2, START, E.STEP_STARTED, "look"))


def test_time_spent_paused_or_waiting_for_a_person_is_not_work() -> None:
    told = events(
        (E.RUN_QUEUED,),
        (E.RUN_STARTED,),  # 2
        (E.RUN_PAUSED,),  # 3
        (E.RUN_RESUMED,),  # 4: 1 s waited
        (E.RUN_PARKED, "", {"reason": "confirmation"}),  # 5
        (E.RUN_PAUSED,),  # 6: still the same wait
    )
    view = fold(told, PLAN)
    assert view.parked_for is ParkedFor.PAUSE
    assert view.worked(START + timedelta(seconds=99)) == timedelta(seconds=2)
    view = apply(view, Event(7, START + timedelta(seconds=105), E.RUN_RESUMED))
    assert view.worked(START + timedelta(seconds=107)) == timedelta(seconds=4)


def test_waiting_for_partitions_is_work_and_a_retry_says_when() -> None:
    wake = START + timedelta(seconds=60)
    payload = {"reason": "retry", "wake_at": wake.isoformat()}
    view = fold(events((E.RUN_QUEUED,), (E.RUN_STARTED,), (E.RUN_PARKED, "", payload)), PLAN)
    assert (view.state, view.parked_for, view.wake_at) == (RunState.PARKED, ParkedFor.RETRY, wake)
    assert view.worked(START + timedelta(seconds=12)) == timedelta(seconds=10)
    assert fold((), PLAN).worked(START) == timedelta()


def test_a_rollback_turns_the_run_round_and_keeps_rolling_back_while_it_waits() -> None:
    told = (
        (E.RUN_QUEUED,),
        (E.RUN_STARTED,),
        (E.STEP_STARTED, "look"),
        (E.ROLLBACK_STARTED, "", {"reason": "asked", "steps": ["look"]}),
        (E.UNDO_STARTED, "look"),
        (E.RUN_PARKED, "", {"reason": "retry"}),
        (E.RUN_RESUMED,),
        (E.UNDO_STARTED, "look"),
        (E.UNDO_SUCCEEDED, "look"),
        (E.RUN_ROLLED_BACK,),
    )
    assert fold(events(*told[:6]), PLAN).state is RunState.ROLLING_BACK
    view = fold(events(*told), PLAN)
    assert (view.state, view.direction, view.undo_order) == (RunState.ROLLED_BACK, Direction.UNDO, ("look",))
    assert view.step("look").state is StepState.UNDONE


def test_a_rollback_of_an_unknown_step_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="no step walk"):
        fold(events((E.RUN_QUEUED,), (E.RUN_STARTED,), (E.ROLLBACK_STARTED, "", {"steps": ["walk"]})), PLAN)


def test_an_event_without_its_payload_is_refused() -> None:
    told = ((E.RUN_QUEUED,), (E.RUN_STARTED,), (E.STEP_STARTED, "copy"), (E.PARTITIONS_PLANNED, "copy"))
    with pytest.raises(IllegalTransition, match="its payload lacks 'partitions'"):
        fold(events(*told), PLAN)


def test_warnings_are_kept_and_notes_are_legal_at_any_time() -> None:
    view = fold(
        events(
            (E.LOGGED, "", {"level": "info", "message": "hello"}),
            (E.RUN_QUEUED,),
            (E.SIGNAL_RECEIVED, "", {"signal": "pause"}),
            (E.LOGGED, "", {"level": "warning", "message": "careful"}),
        ),
        PLAN,
    )
    assert view.warnings == ("careful",)


def test_the_last_words_of_a_partition_are_heard_after_a_run_was_cancelled() -> None:
    told = [
        (E.RUN_QUEUED,),
        (E.RUN_STARTED,),
        (E.STEP_STARTED, "copy"),
        (E.PARTITIONS_PLANNED, "copy", {"partitions": 2}),
        (E.PARTITION_STARTED, "copy"),
        (E.RUN_CANCELLED,),
    ]
    view = fold(events(*told, (E.PARTITION_SUCCEEDED, "copy")), PLAN)
    assert view.state is RunState.CANCELLED
    with pytest.raises(IllegalTransition):
        fold(events(*told, (E.STEP_SUCCEEDED, "copy")), PLAN)


def test_a_step_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        fold((), PLAN).step("walk")


_steps = st.sampled_from([step.id for step in PLAN.steps])
_payloads = st.sampled_from(
    [
        {},
        {"undo": True, "done": 1},
        {"leased": True, "done": 2},
        {"steps": ["copy", "look"], "reason": "failure", "error": {"type": "step_failed"}},
        {"partitions": 2},
        {"decision": "approve"},
        {"reason": "retry"},
        {"result": {"a": 1}, "slice_over": True},
    ]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(EventType), _steps, _payloads, st.integers(0, 1)), max_size=40))
def test_whatever_comes_is_folded_or_refused_and_refusal_changes_nothing(
    told: list[tuple[EventType, str, dict[str, Any], int]],
) -> None:
    view = apply(initial_view(PLAN), Event(1, START, E.RUN_QUEUED))
    accepted = [Event(1, START, E.RUN_QUEUED)]
    for kind, step, payload, partition in told:
        event = Event(view.seq + 1, START, kind, step, partition, 1, payload)
        try:
            view = apply(view, event)
        except IllegalTransition:
            continue
        accepted.append(event)
    assert fold(accepted, PLAN) == view
    assert len(view.steps) == len(PLAN.steps)
