from datetime import timedelta

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.vocabulary import MigrationStatus, RunKind
from migrations_app.models import Migration, Run
from migrations_app.runtime import journal
from migrations_app.selectors.access import access_of
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.run_actions import actions_of, confirmation_of
from tests.hand_overs import DUAL_A, DUAL_B, parked, route, zero_downtime_run
from tests.runs import queued
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db

STARTED = event(EventType.RUN_STARTED)
FAILED = event(EventType.RUN_FAILED, error={"message": "no"})


def buttons(run, actor, now):
    run = Run.objects.select_related("migration__environment", "revision").get(pk=run.pk)
    return {action.operation: action.why_not for action in actions_of(run, access_of(actor), now=now)}


def test_a_run_at_work_can_be_paused_cancelled_and_turned_round(operator, viewer, now):
    run = told(STARTED, start=now)

    assert buttons(run, operator, now) == {"pause": "", "cancel": "", "roll_back": ""}
    assert set(buttons(run, viewer, now).values()) == {"you are no operator of dev"}


def test_what_was_asked_for_is_not_asked_twice(operator, now):
    run = told(STARTED, start=now)

    Run.objects.update(signal="pause")
    assert buttons(run, operator, now) == {"resume": "", "cancel": "", "roll_back": ""}
    Run.objects.update(signal="cancel")
    assert buttons(run, operator, now)["cancel"] == "it was asked to cancel"
    Run.objects.update(signal="roll_back")
    assert buttons(run, operator, now)["roll_back"] == "it was asked to roll back"


def test_a_paused_run_can_go_on(operator, now):
    run = told(STARTED, event(EventType.RUN_PAUSED), start=now)
    Run.objects.update(signal="pause")

    assert buttons(run, operator, now)["resume"] == ""
    Run.objects.update(signal="")
    assert buttons(run, operator, now)["resume"] == "it goes on in a moment"


def test_a_rollback_under_way_is_left_alone(operator, now):
    run = told(STARTED, event(EventType.ROLLBACK_STARTED, steps=[]), start=now)

    assert set(buttons(run, operator, now).values()) == {"it is rolling back"}


def test_a_dry_run_has_nothing_to_roll_back(operator, now):
    run = told(STARTED, kind=RunKind.DRY_RUN, start=now)

    assert buttons(run, operator, now) == {"pause": "", "cancel": ""}


def test_a_failed_run_can_be_retried_or_rolled_back(operator, now):
    run = told(STARTED, FAILED, start=now)

    assert buttons(run, operator, now) == {"retry": "", "roll_back": ""}
    assert buttons(run, operator, now + timedelta(days=2))["roll_back"] == ""


def test_one_that_never_started_is_planned_again(operator, now):
    run = told(FAILED, start=now)

    assert buttons(run, operator, now)["retry"] == "it never started; plan again"


def test_a_run_that_succeeded_can_be_rolled_back(operator, now):
    run = told(STARTED, event(EventType.RUN_SUCCEEDED, result={}), start=now)

    assert buttons(run, operator, now) == {"roll_back": ""}
    assert "24 hours" in buttons(run, operator, now + timedelta(days=2))["roll_back"]


def test_of_several_runs_the_last_one_alone_is_rolled_back(operator, now):
    """Rolled back, planned again and executed anew: what the first run did is gone, and the second is not its."""
    first = told(STARTED, event(EventType.RUN_SUCCEEDED, result={}), start=now)
    Migration.objects.update(status=MigrationStatus.PLANNED)
    second = queued(first.revision)
    for happened in (STARTED, event(EventType.RUN_SUCCEEDED, result={})):
        journal.append_by_person(second, [happened], now=now)

    assert buttons(first, operator, now) == {"roll_back": f"run {second.pk} came after it"}
    assert buttons(second, operator, now) == {"roll_back": ""}


def test_without_a_rollback_there_is_none(operator, now):
    run = told(STARTED, event(EventType.RUN_SUCCEEDED, result={}), start=now, rollback_enabled=False)

    assert buttons(run, operator, now)["roll_back"] == "it was executed without a rollback"


def test_the_confirmation_that_a_step_waits_for(operator, viewer, now):
    run = told(
        STARTED,
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_SUCCEEDED, "one"),
        event(EventType.CONFIRMATION_WANTED, "two"),
        event(EventType.RUN_PARKED, reason="confirmation"),
        confirm="Remove the sessions from the source?",
        start=now,
    )
    run = Run.objects.select_related("migration__environment", "revision").get(pk=run.pk)
    view = view_of(run)

    wanted = confirmation_of(run, view, access_of(operator))

    assert (wanted.step, wanted.question, wanted.digest) == (
        "two",
        "Remove the sessions from the source?",
        run.revision.digest,
    )
    assert wanted.can_confirm
    assert confirmation_of(run, view, access_of(viewer)).why_not == "you are neither operator nor approver in dev"


def test_mostly_there_is_none(operator, now):
    run = told(STARTED, start=now)

    assert confirmation_of(run, view_of(run), access_of(operator)) is None


def test_a_hand_over_has_its_own_buttons(cast, operator, viewer, now):
    run = zero_downtime_run(done=("prepare",))
    hands = ["cut_over", "postpone", "bring_back"]

    assert list(buttons(run, operator, now)) == [*hands, "throttle", "pause", "cancel", "roll_back"]
    assert buttons(run, operator, now)["postpone"] == buttons(run, operator, now)["throttle"] == ""
    assert set(buttons(run, viewer, now).values()) == {"you are no operator of dev"}


def test_they_go_by_what_is_handed_over(cast, operator, now):
    run = zero_downtime_run()
    route((0, 25, DUAL_B), (26, 255, DUAL_A))

    assert buttons(run, operator, now)["bring_back"] == ""
    assert "throttle" not in buttons(run, operator, now)
    route(phase=DUAL_B)
    assert buttons(run, operator, now)["postpone"] == "new serves every bucket already"


def test_once_the_target_has_proven_itself_there_is_nothing_to_hand_over(cast, operator, now):
    run = zero_downtime_run(done=("prepare", "transfer", "switch"))

    assert list(buttons(run, operator, now)) == ["pause", "cancel", "roll_back"]


def test_a_held_run_has_one_next_action(cast, operator, now):
    run = zero_downtime_run(hand_over="released")
    route()
    parked(run, "held")
    run = Run.objects.select_related("migration__environment", "revision").get(pk=run.pk)

    assert [a.operation for a in actions_of(run, access_of(operator), now=now) if a.is_next] == ["cut_over"]


def test_what_was_completed_is_not_rolled_back_any_more(cast, operator, now):
    run = zero_downtime_run(done=("prepare", "transfer", "switch", "complete"), at=now)
    journal.append_by_person(run, [NewEvent(EventType.RUN_SUCCEEDED, payload={"result": {}})], now=now)

    (why,) = buttons(run, operator, now).values()
    assert "nothing takes that back; plan a migration the other way" in why
