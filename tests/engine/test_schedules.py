from datetime import timedelta

import pytest

from migrations_app.engine.schedules import (
    is_late,
    openings_ahead,
    told_of_the_closing,
    told_of_the_end,
    told_of_the_opening,
    why_missed,
)
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunState, WhenWindowCloses
from migrations_app.engine.windows import Opening
from migrations_app.testing.memory import START
from tests.engine.test_windows import utc, window


@pytest.mark.parametrize(
    ("after", "late"), [(timedelta(), False), (timedelta(minutes=15), False), (timedelta(minutes=15, seconds=1), True)]
)
def test_it_may_start_until_its_grace_is_over(after: timedelta, late: bool) -> None:
    assert is_late(START, 15, START + after) is late


def test_the_next_window_is_one_that_opens_later_and_outside_of_freezes() -> None:
    nightly = window("UTC", "2026-01-01T01:00")
    inside = utc("2026-05-01 02:00")
    ice = Opening(utc("2026-05-02 00:00"), utc("2026-05-03 01:00"), "frozen")

    assert openings_ahead([nightly], inside, [])[0].opens_at == utc("2026-05-02 01:00")
    assert openings_ahead([nightly], inside, [ice])[0].opens_at == utc("2026-05-03 01:00")
    assert openings_ahead([], inside, []) == []


def test_a_rare_window_is_found_within_a_year_and_no_later() -> None:
    yearly = window("UTC", "2026-12-24T01:00", "FREQ=YEARLY")

    assert openings_ahead([yearly], utc("2026-01-05 00:00"), [])[0].opens_at == utc("2026-12-24 01:00")
    assert openings_ahead([window("UTC", "2028-12-24T01:00", "")], utc("2026-01-05 00:00"), []) == []


def test_a_missed_time_says_when_it_was_and_why() -> None:
    nobody = why_missed(utc("2026-05-01 02:00"), 15, "")
    assert "2026-05-01 02:00 UTC" in nobody
    assert "no beat and no worker" in nobody
    assert why_missed(START, 15, "The plan is stale.", 2).endswith("The plan is stale. 2 later times went by as well.")


@pytest.mark.parametrize("state", sorted(FINAL_RUN_STATES))
def test_every_end_is_told_and_what_is_not_well_alerts(state: RunState) -> None:
    told = told_of_the_end("Move", 7, state, closing=None)

    assert told.alert is (state not in (RunState.SUCCEEDED, RunState.CANCELLED))
    assert told.text.startswith("“Move”: scheduled run 7 ")


def test_a_rollback_that_was_chosen_is_not_told_as_a_failure() -> None:
    chosen = told_of_the_end("Move", 7, RunState.ROLLED_BACK, closing=WhenWindowCloses.ROLL_BACK)
    failed = told_of_the_end("Move", 7, RunState.ROLLED_BACK, closing=None)

    assert "as was chosen" in chosen.text
    assert "failed and was rolled back" in failed.text


@pytest.mark.parametrize(("closing", "alert"), [("finish", False), ("pause", True), ("roll_back", True)])
def test_the_closing_of_a_window_is_told(closing: str, alert: bool) -> None:
    told = told_of_the_closing("Move", 7, WhenWindowCloses(closing))
    assert told.alert is alert
    assert "as was chosen" in told.text

    refused = told_of_the_closing("Move", 7, WhenWindowCloses(closing), "It has ended.")
    assert refused.alert
    assert refused.text.endswith("It has ended.")


def test_that_a_paused_run_goes_on_is_told_and_why_it_cannot_is_an_alert() -> None:
    goes_on, held_up = told_of_the_opening("Move", 7), told_of_the_opening("Move", 7, "Changes are frozen.")
    assert (goes_on.text, goes_on.alert) == ("“Move”: a window is open, and paused run 7 goes on.", False)
    assert held_up.text.endswith("paused run 7 cannot go on: Changes are frozen.")
    assert held_up.alert
