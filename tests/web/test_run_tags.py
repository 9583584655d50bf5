from dataclasses import replace

from migrations_app.engine.vocabulary import RunState, StepState
from migrations_app.selectors.run_actions import RunAction
from migrations_app.selectors.run_steps import PartitionProgress
from migrations_app.web import run_tags
from tests.web.test_gantt import PENDING, RUN, RUNNING, STEP, after

PARTITION = PartitionProgress(0, StepState.RUNNING, 1, 5, 10, 50, "worker")


def test_a_run_whose_partitions_work_is_running_for_people() -> None:
    parked = replace(RUN, state=RunState.PARKED, parked_because="partitions")
    assert run_tags.run_state(parked) == RunState.RUNNING
    assert run_tags.run_state(replace(parked, parked_because="retry")) == RunState.PARKED
    waiting = replace(RUNNING, state=StepState.WAITING, partitions=(PARTITION,))
    assert run_tags.step_state(waiting) == StepState.RUNNING
    assert run_tags.step_state(replace(waiting, partitions=())) == StepState.WAITING


def test_the_leading_step_is_the_one_at_work_else_the_one_that_moved_most() -> None:
    assert run_tags.leading_step((STEP, RUNNING, PENDING)) == RUNNING
    moved = replace(STEP, done=7)
    assert run_tags.leading_step((STEP, moved)) == moved
    assert run_tags.leading_step((STEP,)) is None


def test_the_way_back_names_what_was_done_newest_first() -> None:
    prepared = replace(STEP, undo_title="nothing to undo")
    copied = replace(RUNNING, undo_title="remove the copies")
    final = replace(STEP, id="z", reversible=False, undo_title="nothing to undo")
    assert run_tags.way_back((prepared, copied, PENDING)) == [copied]
    assert run_tags.way_back((prepared, copied, final)) == [final, copied]


def test_undone_steps_are_counted_among_those_that_were_reached() -> None:
    undone = replace(STEP, state=StepState.UNDONE)
    assert run_tags.undone((undone, RUNNING, PENDING)) == 1
    assert run_tags.reached((undone, RUNNING, PENDING)) == 2


def test_how_long_a_step_took() -> None:
    assert run_tags.took(PENDING) == ""
    assert run_tags.took(replace(STEP, ended_at=after(0.42))) == "0.4 s"
    assert run_tags.took(replace(RUNNING, elapsed_seconds=75)) == "1:15"


def test_how_long_a_run_took() -> None:
    assert run_tags.run_took(replace(RUN, started_at=None)) == "–"
    assert run_tags.run_took(replace(RUN, started_at=after(0), ended_at=after(0.71))) == "0.7 s"
    assert run_tags.run_took(replace(RUN, started_at=after(0), ended_at=None, elapsed_seconds=75)) == "1:15"


def test_a_button_without_a_question_says_what_it_does() -> None:
    pause, cancel = (RunAction(name, name, True, "") for name in ("pause", "cancel"))
    assert "keeps what was done" in run_tags.effect(pause)
    assert run_tags.effect(cancel) == ""


def test_a_parked_run_is_called_by_what_it_is_parked_for() -> None:
    parked = replace(RUN, state=RunState.PARKED, parked_because="soak")
    assert run_tags.run_words(parked) == "soaking"
    assert run_tags.run_words(replace(parked, parked_because="held")) == "held"
    assert run_tags.run_words(replace(parked, parked_because="retry")) == "parked"
    assert run_tags.run_words(RUN) == "running"


def test_times_of_clients_are_read_in_milliseconds() -> None:
    assert [run_tags.milliseconds(us) for us in (0, 210, 9_990, 138_400)] == ["0.00 ms", "0.21 ms", "9.99 ms", "138 ms"]


def test_the_first_step_without_a_way_back() -> None:
    final = replace(STEP, id="z", reversible=False)
    assert run_tags.point_of_no_return((STEP, final)) == final
    assert run_tags.point_of_no_return((STEP,)) is None


def test_a_report_is_the_next_thing_only_when_nothing_else_is() -> None:
    retry = RunAction("retry", "Retry", enabled=True, why_not="", is_next=True)
    assert run_tags.has_next((retry,))
    assert not run_tags.has_next((replace(retry, is_next=False),))
    assert not run_tags.has_next(())
