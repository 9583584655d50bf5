from datetime import timedelta

from migrations_app.engine.run_view import PartitionView, StepView
from migrations_app.engine.vocabulary import StepState
from migrations_app.testing.memory import START
from tests.engine.toy import World, local_run


def test_a_steps_numbers_are_the_sum_of_its_partitions_on_the_way_forward() -> None:
    partitions = (
        PartitionView(0, done=2, total=3, unit="rows", counters={"kept": 2}),
        PartitionView(1, done=1, total=4, counters={"kept": 1, "lost": 1}),
    )
    step = StepView("copy", "Copy", partitions=partitions)
    assert (step.done, step.total, step.unit, step.counters) == (3, 7, "rows", {"kept": 3, "lost": 1})


def test_while_it_is_undone_the_undo_counts() -> None:
    step = StepView("c", "C", StepState.UNDOING, own=PartitionView(done=5), partitions=(PartitionView(0, done=1),))
    assert (step.done, step.total) == (5, None)


def test_a_duration_needs_both_ends() -> None:
    step = StepView("c", "C", started_at=START, ended_at=START + timedelta(seconds=2))
    assert step.duration_seconds == 2.0
    assert StepView("c", "C", started_at=START).duration_seconds is None


def test_the_current_step_is_what_is_worked_on_or_waited_for() -> None:
    run = local_run(World(), chosen={"parallel_workers": 2})
    assert run.view.current_step == ""
    run.drive()
    assert run.view.current_step == "copy"
    assert run.finish().current_step == ""
    assert run.view.results["switch"] == {"downtime": 7}


def test_only_a_start_after_a_failure_or_a_death_is_another_attempt() -> None:
    assert PartitionView().next_attempt == 1
    assert PartitionView(attempt=1).next_attempt == 2
    assert PartitionView(attempt=1, yielded=True).next_attempt == 1
    assert PartitionView(attempt=1, yielded=True, retry_at=START).next_attempt == 2
