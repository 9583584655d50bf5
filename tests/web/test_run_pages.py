"""Pages of runs, the search and the account: no advice that comes too late, and nothing is cut without saying so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from migrations_app.engine.events import EventType
from migrations_app.models import Run
from tests.cast import Cast
from tests.selectors.journal import event, told
from tests.web.door import signed_in

STARTED = (event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"))
ERROR = {
    "message": "A record is unreadable.",
    "type": "step_failed",
    "recovery_actions": ["Read the step's log.", "Roll the run back, or mend the cause and retry it."],
}


def text_of(path: str) -> str:
    answer = signed_in("operator").get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_confirmation_that_nobody_waits_for_any_more_is_not_on_hold(cast: Cast) -> None:
    waiting = (*STARTED, event(EventType.STEP_SUCCEEDED, "one"), event(EventType.CONFIRMATION_WANTED, "two"))
    run = told(*waiting, start=timezone.now())
    assert "on hold" in text_of(f"/runs/{run.pk}/")
    turned = (
        event(EventType.ROLLBACK_STARTED, steps=["one"], reason="asked"),
        event(EventType.UNDO_STARTED, "one"),
        event(EventType.UNDO_SUCCEEDED, "one"),
        event(EventType.RUN_ROLLED_BACK),
    )
    page = text_of(f"/runs/{told(*waiting, *turned, start=timezone.now()).pk}/")
    assert "not finished" in page
    assert "on hold" not in page


def test_who_reads_of_a_rollback_is_not_told_to_roll_back(cast: Cast) -> None:
    run = told(
        *STARTED,
        event(EventType.STEP_FAILED, "one", error=ERROR),
        event(EventType.ROLLBACK_STARTED, steps=["one"], reason="failed"),
        event(EventType.UNDO_STARTED, "one"),
        event(EventType.UNDO_SUCCEEDED, "one"),
        event(EventType.RUN_ROLLED_BACK, error=ERROR),
        start=timezone.now(),
    )
    for path in (f"/runs/{run.pk}/", f"/runs/{run.pk}/report/"):
        text = text_of(path)
        assert "Read the step&#x27;s log." in text
        assert "Roll the run back" not in text
        assert "not reached" in text
        assert "waiting</span>" not in text
    assert f'start again from <a href="/migrations/{run.migration_id}/">' in text_of(f"/runs/{run.pk}/")
    assert "all undone" in text_of("/runs/")
    page = text_of(f"/runs/{run.pk}/")
    assert page.index("everything this run did was undone") < page.index("Before that it had failed: A record is")
    assert '<span class="sub">Had failed: A record is unreadable.</span>' in page


def test_a_stuck_run_says_what_comes_after_the_instructions(cast: Cast) -> None:
    stuck = {"message": "The undo failed.", "type": "rollback_failed", "recovery_actions": ["Then press Retry."]}
    run = told(
        *STARTED,
        event(EventType.STEP_SUCCEEDED, "one", result={}),
        event(EventType.ROLLBACK_STARTED, steps=["one"], reason="asked for"),
        event(EventType.UNDO_STARTED, "one"),
        event(EventType.UNDO_FAILED, "one", error=stuck),
        event(
            EventType.RUN_STUCK, error=stuck, instructions=[{"step": "one", "title": "One", "actions": ["Drop it."]}]
        ),
        start=timezone.now(),
    )
    text = text_of(f"/runs/{run.pk}/")
    assert text.index("in this order:") < text.index("One: Drop it.") < text.index("Then press Retry.")


def test_a_run_that_was_undone_later_offers_no_way_back(cast: Cast) -> None:
    now = timezone.now()
    done, undoing = (told(*STARTED, start=now - timedelta(hours=1), batch_size=size) for size in (1, 2))
    Run.objects.filter(pk=done.pk).update(state="succeeded", ended_at=now)
    Run.objects.filter(pk=undoing.pk).update(kind="rollback", undoes=done, state="rolled_back", ended_at=now)

    text = text_of(f"/runs/{done.pk}/")

    assert f'Later everything was undone by <a href="/runs/{undoing.pk}/">' in text
    assert '<span class="end">taken</span>' in text
    assert "A rollback does this" not in text


def test_the_list_says_which_step_is_at_work(cast: Cast) -> None:
    run = told(*STARTED, start=timezone.now())
    Run.objects.filter(pk=run.pk).update(parked_because="")
    assert '<span class="sub">One</span>' in text_of("/runs/")


def test_an_empty_list_of_runs_says_which_kind_of_empty_it_is(cast: Cast) -> None:
    assert "No run yet" in text_of("/runs/")
    filtered = text_of("/runs/?state=stuck")
    assert "No run matches these filters" in filtered
    assert 'href="/runs/">Show every run' in filtered


@pytest.mark.parametrize("path", ["/settings/", "/settings/tokens/", "/settings/sessions/"])
def test_every_tab_of_the_settings_is_at_home_in_the_navigation(cast: Cast, path: str) -> None:
    assert '<a class="nav-link" href="/settings/" aria-current="page">' in text_of(path)
