from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.engine.vocabulary import MigrationStatus, ReviewState, RiskLevel, RunState, StepState
from migrations_app.web import wording

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_name_their_two_largest_units(seconds: int, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (252, "4:12"), (3723, "1:02:03"), (None, "–")])
def test_clock(seconds: int | None, text: str) -> None:
    assert wording.clock(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "< 0.1 s"), (0.34, "0.3 s"), (9.94, "9.9 s"), (252.0, "4:12")])
def test_short_times_show_tenths(seconds: float, text: str) -> None:
    assert wording.short_time(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(7, "7"), (9_999, "9,999"), (28_400, "28.4 k"), (4_100_000, "4.1 M"), (2_000_000_000, "2 G")]
)
def test_compact(number: int, text: str) -> None:
    assert wording.compact(number) == text


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(hours=-2), "in 2 h"),
        (timedelta(seconds=-5), "in a moment"),
    ],
)
def test_relative(delta: timedelta, text: str) -> None:
    assert wording.relative(NOW - delta, NOW) == text


def test_initials_of_one_and_of_several_words() -> None:
    assert [wording.initials(n) for n in ("Olivia Operator", "admin", "Jean-Luc P.", "")] == ["OO", "AD", "JP", "?"]


def test_a_fragment_becomes_a_sentence() -> None:
    assert wording.sentence("you wrote revision 1") == "You wrote revision 1."
    assert wording.sentence("Done.") == "Done."
    assert wording.sentence("") == ""


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        ("1500", "compared", "1,500"),
        ("1231", "downtime", "1,231 ms"),
        ("ab" * 32, "source_digest", "abab…abab"),
        ("2026-11-30T04:00:39.292288+00:00", "keep_until", "2026-11-30 04:00:39 UTC"),
        ("shop", "route", "shop"),
        ("49152", "used_bytes", "48.0 KB"),
        ("0.4", "latency_ms", "0.4 ms"),
        ("3600000", "timeout_ms", "1 h"),
        ("90000", "drain_ms", "1 min 30 s"),
        ("3661000", "timeout_ms", "3,661,000 ms"),
        ("5000", "timeout_ms", "5,000 ms"),
        ("74191761408", "free_bytes", "69.1 GB"),
        ("epoch: 2, waited_before_ms: 0", "pause", "epoch: 2, waited before ms: 0"),
    ],
)
def test_facts_read_well(value: str, name: str, text: str) -> None:
    assert wording.fact(value, name) == text


def test_every_state_that_needs_attention_has_a_colour() -> None:
    neutral = {MigrationStatus.DRAFT, MigrationStatus.CANCELLED, ReviewState.NOT_SUBMITTED, RunState.ROLLED_BACK}
    neutral |= {StepState.PENDING, StepState.SKIPPED, StepState.UNDONE, RunState.CANCELLED}
    for state in (*MigrationStatus, *ReviewState, *RunState, *StepState, *RiskLevel):
        assert wording.tone(state) or state in neutral, state


def test_a_review_reads_as_on_the_page_where_people_decide() -> None:
    said = [wording.review_words(state) for state in ("rejected", "voided", "expired", "in_review")]
    assert said == ["declined", "signatures void", "review expired", "in review"]


def test_how_a_migration_ended_begins_a_sentence() -> None:
    assert wording.came_to_an_end("rolled_back") == "It was rolled back"
    assert wording.came_to_an_end("executing") == ""
