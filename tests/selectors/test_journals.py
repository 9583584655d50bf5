from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.engine.events import EventType
from migrations_app.engine.journal import fold
from migrations_app.engine.plan import Plan
from migrations_app.engine.run_view import PartitionView, RunView
from migrations_app.engine.vocabulary import RunState
from migrations_app.runtime.journal import read_events
from migrations_app.selectors.journals import MOST_WARNINGS, event_of, view_of
from tests.long_logs import lengthen
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db
E = EventType
ERROR = {"message": "Not there.", "code": "target_unreachable"}


def saved(name, done, *, partition=0, **payload):
    return event(E.CHECKPOINT_SAVED, name, partition=partition, checkpoint={"cursor": done}, done=done, **payload)


STORIES = {
    "inline": (
        event(E.RUN_STARTED),
        event(E.STEP_STARTED, "one"),
        saved("one", 10, total=100, unit="sessions"),
        event(E.LOGGED, "one", level="info", message="All is well."),
        saved("one", 20),
        event(E.LOGGED, "one", level="warning", message="Hm."),
        event(E.STEP_RETRY_SCHEDULED, "one", error=ERROR),
        event(E.RUN_PARKED, reason="retry"),
        event(E.RUN_RESUMED),
        event(E.STEP_STARTED, "one", attempt=2),
        event(E.RUN_TAKEN_OVER),
        event(E.STEP_STARTED, "one", attempt=2),
        saved("one", 30, counters={"skipped": 3}, slice_over=True),
    ),
    "partitions": (
        event(E.RUN_STARTED),
        event(E.STEP_STARTED, "one"),
        saved("one", 1, unit="sessions"),
        event(E.PARTITIONS_PLANNED, "one", partitions=2),
        event(E.RUN_PARKED, reason="partitions"),
        event(E.PARTITION_STARTED, "one", partition=0, leased=True),
        event(E.PARTITION_STARTED, "one", partition=1, leased=True),
        saved("one", 5, partition=0, leased=True, total=50),
        saved("one", 7, partition=1, leased=True, total=50),
        saved("one", 9, partition=0, leased=True),
        event(E.PARTITION_SUCCEEDED, "one", partition=1, leased=True, result={"sessions": 7}),
        saved("one", 11, partition=0, leased=True),
    ),
    "undone": (
        event(E.RUN_STARTED),
        event(E.STEP_STARTED, "one"),
        saved("one", 10),
        saved("one", 20),
        event(E.STEP_FAILED, "one", error=ERROR),
        event(E.ROLLBACK_STARTED, steps=["one"], reason="the step failed", error=ERROR),
        event(E.UNDO_STARTED, "one"),
        saved("one", 4, undo=True),
        saved("one", 8, undo=True),
    ),
}


def as_shown(view: RunView) -> RunView:
    """Without what only drivers ask for."""

    def seen(partition: PartitionView) -> PartitionView:
        return replace(partition, deaths=0, failures=0, yielded=False)

    steps = tuple(
        replace(step, own=seen(step.own), partitions=tuple(map(seen, step.partitions))) for step in view.steps
    )
    return replace(view, steps=steps, yielded=False)


@pytest.mark.parametrize("story", STORIES)
def test_the_view_is_what_the_whole_journal_folds_to(now, story):
    run = told(*STORIES[story], start=now)

    whole = fold(read_events(run.pk), Plan.from_content(run.revision.content))

    assert as_shown(view_of(run)) == as_shown(whole)
    assert any(step.done for step in whole.steps)


def test_a_row_is_its_event(now):
    run = told(event(E.RUN_STARTED), event(E.STEP_STARTED, "one", note="kept"), start=now)

    assert event_of(run.events.order_by("-seq").first()) == read_events(run.pk)[-1]
    view = view_of(run)
    assert (view.state, view.current_step, view.seq) == (RunState.RUNNING, "one", run.last_seq)


def test_a_long_journal_is_not_read_to_its_end(now):
    run = told(event(E.RUN_STARTED), event(E.STEP_STARTED, "one"), saved("one", 10), start=now)
    lengthen(run, 4_000)
    run.events.filter(seq__gt=4_000 - MOST_WARNINGS - 20).update(
        level="warning", payload={"level": "warning", "message": "Hm."}
    )

    with CaptureQueriesContext(connection) as asked:
        view = view_of(run)

    assert (view.seq, view.step("one").done, len(view.warnings)) == (4_000, 10, MOST_WARNINGS)
    assert len(asked) <= 5
