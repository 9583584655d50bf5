from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import StepState
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.run_steps import message_of, percentage, steps_of
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db


def steps(run, now, holders=None):
    return steps_of(view_of(run), holders or {}, now=now)


def test_progress_and_rate_of_the_step_at_work(now):
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.CHECKPOINT_SAVED, "one", done=300, total=1000, unit="sessions", counters={"expired": 2}),
        start=now,
    )

    one, two = steps(run, now + timedelta(seconds=50))

    assert (one.number, one.state, one.percentage, one.rate, one.unit) == (1, StepState.RUNNING, 30, 10, "sessions")
    assert (one.elapsed_seconds, one.counters) == (30, (("expired", 2),))
    assert (two.state, two.percentage, two.rate, two.elapsed_seconds) == (StepState.PENDING, None, None, None)


def test_partitions_name_who_drives_them(now):
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.PARTITIONS_PLANNED, "one", partitions=2),
        event(EventType.PARTITION_STARTED, "one", partition=1),
        event(EventType.CHECKPOINT_SAVED, "one", partition=1, done=5, total=10, leased=True),
        start=now,
    )

    one = steps(run, now + timedelta(seconds=60), {("one", 1): "worker-2"})[0]

    assert [(p.state, p.percentage, p.holder) for p in one.partitions] == [
        (StepState.PENDING, None, ""),
        (StepState.RUNNING, 50, "worker-2"),
    ]


def test_a_failed_step_says_why(now):
    error = {"message": "No room left."}
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_FAILED, "one", error=error),
        event(EventType.RUN_FAILED, error=error),
        start=now,
    )

    assert steps(run, now + timedelta(days=1))[0].error == "No room left."


def test_a_step_that_succeeded_is_whole(now):
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_SUCCEEDED, "one", result={"sessions": 12}),
        start=now,
    )

    one = steps(run, now)[0]
    assert (one.percentage, one.result) == (100, (("sessions", "12"),))


def test_percentages():
    assert [percentage(*pair) for pair in ((0, None), (1, 0), (1, 3), (9, 3))] == [None, None, 33, 100]
    assert message_of(None) == ""
