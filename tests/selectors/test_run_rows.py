from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.models import Run
from migrations_app.selectors.run_rows import elapsed, rows_of, with_names
from tests.hand_overs import parked, zero_downtime_run
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db

STARTED = (event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"))


def row(now):
    return rows_of(with_names(Run.objects.all()), now=now)[0]


def test_a_run_at_work(now):
    told(*STARTED, event(EventType.CHECKPOINT_SAVED, "one", done=50, total=100), start=now)

    seen = row(now + timedelta(seconds=70))

    assert (seen.state, seen.current_step, seen.percentage) == ("running", "One", 48)
    assert (seen.steps_completed, seen.steps_total, seen.elapsed_seconds) == (0, 2, 60)
    assert (seen.is_final, seen.environment, seen.migration_title) == (False, "dev", "Move sessions")


def test_a_run_that_is_queued(now):
    told(start=now)

    seen = row(now)

    assert (seen.state, seen.percentage, seen.elapsed_seconds, seen.current_step) == ("queued", 0, 0, "")


def test_a_run_that_has_ended_stands_still(now):
    told(
        *STARTED,
        event(EventType.STEP_SUCCEEDED, "one"),
        event(EventType.STEP_STARTED, "two"),
        event(EventType.STEP_SUCCEEDED, "two"),
        event(EventType.RUN_SUCCEEDED, result={}),
        start=now,
    )

    seen = row(now + timedelta(days=3))

    assert (seen.percentage, seen.steps_completed, seen.elapsed_seconds, seen.is_final) == (100, 2, 50, True)


def test_many_rows_take_two_queries(now, django_assert_num_queries):
    for number in range(3):
        told(start=now, batch_size=number + 1)

    with django_assert_num_queries(2):
        rows_of(with_names(Run.objects.all()), now=now)


def test_time_before_the_start_is_none(now):
    assert elapsed(None, None, now) == 0
    assert elapsed(now, None, now - timedelta(seconds=5)) == 0


@pytest.mark.parametrize(
    ("reason", "waits"),
    [
        ("soak", "the new state proves itself"),
        ("held", "the hand-over waits for a person"),
        ("retry", "waits to try again"),
    ],
)
def test_a_parked_run_says_why_it_waits(now, reason, waits):
    run = zero_downtime_run()
    assert row(now).waits == ""
    parked(run, reason, wake_at=(now + timedelta(minutes=5)).isoformat())

    assert (row(now).waits, row(now).wake_at, row(now).zero_downtime) == (waits, now + timedelta(minutes=5), True)
