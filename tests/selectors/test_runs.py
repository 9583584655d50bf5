from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType
from migrations_app.models import Lease, Run
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.runs import (
    RunFilters,
    last_seq,
    list_runs,
    may_watch,
    run_page,
    run_row,
)
from migrations_app.services.actor import SYSTEM
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db

STARTED = (event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"))
ERROR = {"message": "The undo failed.", "type": "rollback_failed"}


def stuck(now):
    return told(
        *STARTED,
        event(EventType.STEP_SUCCEEDED, "one", result={"sessions": 5}),
        event(EventType.ROLLBACK_STARTED, steps=["one"], reason="asked for"),
        event(EventType.UNDO_STARTED, "one"),
        event(EventType.UNDO_FAILED, "one", error=ERROR),
        event(
            EventType.RUN_STUCK,
            error=ERROR,
            instructions=[{"step": "one", "title": "One", "actions": ["Drop the table.", "Retry."]}],
        ),
        start=now,
    )


def test_the_list_and_its_filters(now, viewer, outsider):
    first = told(*STARTED, start=now)
    second = told(*STARTED, event(EventType.RUN_FAILED, error=ERROR), start=now, batch_size=7)

    def ids(**filters):
        return [row.id for row in list_runs(actor=viewer, now=now, filters=RunFilters(**filters)).rows]

    assert ids() == [second.pk, first.pk]
    assert ids(live=True) == ids(state="running") == [first.pk]
    assert ids(migration_id=second.migration_id, environment="dev", kind="apply") == [second.pk]
    assert ids(environment="nowhere") == []
    assert list_runs(actor=outsider, now=now).rows == ()


def test_the_page_of_a_run_at_work(now, operator):
    run = told(*STARTED, event(EventType.CHECKPOINT_SAVED, "one", done=50, total=100, unit="sessions"), start=now)
    Lease.objects.filter(run=run).update(holder="worker-1", expires_at=now + timedelta(hours=1))

    page = run_page(actor=operator, run_id=run.pk, now=now + timedelta(seconds=40))

    assert (page.row.state, page.direction, page.driven_by) == ("running", "forward", "worker-1")
    assert page.eta_basis == "this run's own pace"
    assert page.eta_seconds is not None
    assert (page.usual_seconds, page.instructions, page.confirmation) == (None, (), None)
    assert [action.operation for action in page.actions if action.enabled] == ["pause", "cancel", "roll_back"]


def test_a_stuck_run_says_exactly_what_to_do(now, operator):
    page = run_page(actor=operator, run_id=stuck(now).pk, now=now)

    assert page.instructions == ("One: Drop the table.", "One: Retry.")
    assert page.error["message"] == "The undo failed."
    assert (page.direction, page.eta_seconds) == ("undo", None)
    assert [(action.operation, action.enabled) for action in page.actions] == [("retry", True)]


def test_past_runs_tell_how_long_it_usually_takes(now, viewer):
    for seconds in (10, 20, 60):
        run = told(*STARTED, start=now, batch_size=seconds)
        Run.objects.filter(pk=run.pk).update(
            state="succeeded", started_at=now, ended_at=now + timedelta(seconds=seconds)
        )

    assert run_page(actor=viewer, run_id=told(start=now).pk, now=now).usual_seconds == 20


def test_a_run_that_soaks_says_nothing_of_one_that_does_not(now, viewer):
    for seconds, live in ((3_600, True), (10, False)):
        run = told(*STARTED, start=now, zero_downtime=live)
        Run.objects.filter(pk=run.pk).update(
            state="succeeded", started_at=now, ended_at=now + timedelta(seconds=seconds)
        )

    def usual(live):
        return run_page(
            actor=viewer, run_id=told(start=now, zero_downtime=live, batch_size=9).pk, now=now
        ).usual_seconds

    assert (usual(True), usual(False)) == (3_600, 10)


def test_a_run_that_was_undone_later_says_by_which(now, viewer):
    done, undoing, other = (told(*STARTED, start=now, batch_size=size) for size in (1, 2, 3))
    Run.objects.filter(pk__in=(done.pk, other.pk)).update(state="succeeded", ended_at=now)
    Run.objects.filter(pk=undoing.pk).update(kind="rollback", undoes=done, state="rolling_back")

    def undone_by(run):
        return run_page(actor=viewer, run_id=run.pk, now=now).undone_by

    assert undone_by(done) is None  # it is only being undone
    Run.objects.filter(pk=undoing.pk).update(state="rolled_back", ended_at=now)
    assert [undone_by(run) for run in (done, undoing, other)] == [undoing.pk, None, None]


def test_what_callers_waited_is_shown_as_soon_as_a_step_tells_it(now, viewer):
    silent = told(*STARTED, start=now)
    switched = event(EventType.STEP_SUCCEEDED, "one", result={"downtime": 72})
    waited = told(*STARTED, switched, event(EventType.STEP_STARTED, "two"), start=now, batch_size=7)

    pages = [run_page(actor=viewer, run_id=run.pk, now=now) for run in (silent, waited)]

    assert [page.waited_ms for page in pages] == [None, 72]


def test_the_filters_know_that_they_leave_nothing_out():
    assert RunFilters().is_any
    assert not RunFilters(live=True).is_any


def test_the_newest_sequence_number_is_known(now, viewer):
    assert last_seq(actor=viewer, run_id=told(*STARTED, start=now).pk) == 3


def test_what_one_may_not_see_is_not_there(now, outsider, viewer):
    run = told(*STARTED, start=now)

    assert not may_watch(actor=outsider, run_id=run.pk)
    assert may_watch(actor=viewer, run_id=run.pk)
    assert may_watch(actor=SYSTEM, run_id=run.pk)
    for read in (run_page, run_row):
        for actor, key in ((outsider, run.pk), (viewer, 0), (viewer, 10**30)):
            with pytest.raises(NotFound):
                read(actor=actor, run_id=key, now=now)
