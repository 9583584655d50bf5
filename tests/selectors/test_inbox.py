from dataclasses import replace

import pytest

from migrations_app.engine.vocabulary import MigrationStatus, ReviewState, RunKind, RunState
from migrations_app.models import Migration, Run
from migrations_app.selectors.inbox import inbox, open_count, waiting
from migrations_app.services import notifications
from migrations_app.services.actor import ANONYMOUS
from tests.runs import a_run

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def test_open_ones_and_done_ones_of_oneself(stage, people, approver, operator, now):
    migration = stage.migration()
    both = [people["approver"], people["operator"]]
    notifications.tell(both, now=now, kind="signature_wanted", text="sign this", migration=migration)
    notifications.tell(both[:1], now=now, kind="review_rejected", text="declined")
    notifications.tell(both[:1], now=now, kind="run_succeeded", text="news")
    told = inbox(actor=approver).news[0]
    assert told.unread
    notifications.mark_read(actor=approver, now=now, notification_id=told.id)

    mine = inbox(actor=approver)

    (wanted,) = mine.open
    assert (wanted.kind, wanted.migration_id, wanted.environment, wanted.unread) == (
        "signature_wanted",
        migration.pk,
        "staging",
        True,
    )
    assert [(item.kind, item.unread, item.open) for item in mine.news] == [
        ("run_succeeded", False, False),
        ("review_rejected", True, False),
    ]
    assert mine.done == ()
    assert (open_count(actor=approver), open_count(actor=operator), open_count(actor=ANONYMOUS)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("status", "review", "wanted"),
    [
        (MigrationStatus.PLANNED, ReviewState.APPROVED, True),
        (MigrationStatus.PLANNED, ReviewState.VOIDED, False),
        (MigrationStatus.PLANNED, ReviewState.EXPIRED, False),
        (MigrationStatus.EXECUTING, ReviewState.APPROVED, False),
        (MigrationStatus.COMPLETED, ReviewState.APPROVED, False),
    ],
)
def test_an_approved_migration_wants_to_be_started_while_it_can_be(
    stage, people, operator, now, status, review, wanted
):
    migration = stage.migration()
    notifications.tell([people["operator"]], now=now, kind="review_approved", text="start", migration=migration)
    Migration.objects.update(status=status, review_state=review)

    notifications.mark_all_read(actor=operator, now=now)

    mine = inbox(actor=operator)
    assert [item.text for item in (mine.open if wanted else mine.done)] == ["start"]
    assert open_count(actor=operator) == len(mine.open) == int(wanted)


@pytest.mark.parametrize(
    ("kind", "run_kind", "state", "status", "wanted"),
    [
        ("confirmation_wanted", RunKind.APPLY, RunState.PARKED, MigrationStatus.EXECUTING, True),
        ("confirmation_wanted", RunKind.APPLY, RunState.CANCELLED, MigrationStatus.PLANNED, False),
        ("run_stuck", RunKind.APPLY, RunState.STUCK, MigrationStatus.FAILED, True),
        ("run_stuck", RunKind.APPLY, RunState.ROLLING_BACK, MigrationStatus.ROLLING_BACK, False),
        ("run_failed", RunKind.APPLY, RunState.FAILED, MigrationStatus.FAILED, True),
        ("run_failed", RunKind.APPLY, RunState.FAILED, MigrationStatus.PLANNED, False),
        ("run_failed", RunKind.DRY_RUN, RunState.FAILED, MigrationStatus.FAILED, False),
    ],
)
def test_a_run_wants_somebody_while_there_is_something_to_do(
    people, operator, now, kind, run_kind, state, status, wanted
):
    run = a_run()
    Run.objects.update(kind=run_kind, state=state)
    Migration.objects.update(status=status)
    told = {"kind": kind, "text": "look", "migration": run.migration, "run": run}
    notifications.tell([people["operator"]], now=now, **told)

    assert (open_count(actor=operator), len(inbox(actor=operator).done)) == ((1, 0) if wanted else (0, 1))
    assert open_count(actor=replace(operator, person_id=people["viewer"].pk)) == 0


def test_what_waits_is_the_first_tab_alone(stage, people, approver, now):
    for text in ("older", "newer"):
        notifications.tell(
            [people["approver"]], now=now, kind="signature_wanted", text=text, migration=stage.migration()
        )
    notifications.tell([people["approver"]], now=now, kind="run_succeeded", text="news")

    assert [item.text for item in waiting(actor=approver, most=5)] == ["newer", "older"]
    assert waiting(actor=approver, most=1) == inbox(actor=approver).open[:1]


def test_what_is_broken_comes_first_and_says_where(production_stage, people, operator, now):
    run = a_run()
    Run.objects.update(state=RunState.STUCK)
    mine, plan = [people["operator"]], production_stage.migration()
    notifications.tell(mine, now=now, kind="run_stuck", text="stuck", migration=run.migration, run=run)
    notifications.tell(mine, now=now, kind="signature_wanted", text="sign", migration=plan)

    found = waiting(actor=operator, most=5)

    assert [(item.text, item.protected) for item in found] == [("stuck", False), ("sign", True)]
