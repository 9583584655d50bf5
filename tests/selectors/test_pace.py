from datetime import timedelta

import pytest

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import EventType
from migrations_app.models import Run, RunEvent
from migrations_app.selectors.pace import pace_of, records_a_second
from tests.runs import AT, a_run


def at(seconds: float):
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("points", "pace"),
    [
        ([], 0),
        ([(0, "copy", 0, 500)], 0),
        ([(0, "copy", 0, 500), (10, "copy", 0, 600)], 5),
        ([(0, "copy", 0, 500), (0, "copy", 1, 0), (10, "copy", 0, 600), (15, "copy", 1, 40)], 7),
        ([(0, "copy", 0, 500), (5, "copy", 0, 30), (10, "copy", 0, 60)], 3),  # began anew
        ([(0, "copy", 0, 500), (10, "check", 0, 900)], 0),  # the first of a step only sets the mark
    ],
)
def test_the_pace_is_what_was_done_since_the_oldest_checkpoint(points, pace) -> None:
    seen = [(at(seconds), step, partition, done) for seconds, step, partition, done in points]
    assert pace_of(seen, at(20)) == pace


@pytest.mark.django_db
def test_runs_that_move_are_added_up_and_what_is_long_ago_does_not_count() -> None:
    now = at(100)
    for count, state in ((2, "running"), (3, "rolling_back"), (50, "succeeded")):
        run = a_run()
        Run.objects.filter(pk=run.pk).update(state=state)
        for seq, (seconds, done) in enumerate([(10, 0), (50, 100), (90, 100 + 50 * count)], 2):
            RunEvent.objects.create(
                run=run,
                seq=seq,
                at=at(seconds),
                type=EventType.CHECKPOINT_SAVED,
                step="one",
                payload={"done": done},
                level=EventLevel.DETAIL,
            )
    assert records_a_second(now=now) == 2 + 3
