from datetime import UTC, datetime

import pytest

from migrations_app.engine.event_levels import level_of
from migrations_app.engine.events import Event, EventType
from migrations_app.engine.vocabulary import RunKind
from migrations_app.selectors.event_texts import text_of
from migrations_app.selectors.run_log import shown_level

TITLES = {"transfer": "Transfer active sessions"}


def event(type_, **values):
    return Event(1, datetime(2026, 1, 1, tzinfo=UTC), type_, **values)


@pytest.mark.parametrize("type_", list(EventType))
def test_every_event_has_a_sentence(type_):
    text = text_of(event(type_, step="transfer", payload={"message": "hello"}), TITLES, RunKind.APPLY)

    assert text
    assert "{" not in text


@pytest.mark.parametrize(
    ("found", "text", "level"),
    [
        (
            event(
                EventType.CHECKPOINT_SAVED,
                step="transfer",
                payload={"done": 2000, "total": 20000, "unit": "sessions"},
            ),
            "Transfer: 2,000 of 20,000 sessions.",
            "info",
        ),
        (
            event(EventType.CHECKPOINT_SAVED, step="transfer", partition=1, payload={"done": 5, "leased": True}),
            "Transfer, partition 2: 5.",
            "info",
        ),
        (
            event(EventType.STEP_FAILED, step="transfer", payload={"error": {"message": "No room."}}),
            "Failed: “Transfer active sessions”: No room.",
            "error",
        ),
        (
            event(EventType.STEP_STARTED, step="transfer", attempt=3),
            "Started “Transfer active sessions” (attempt 3).",
            "info",
        ),
        (event(EventType.RUN_QUEUED, payload={"by": "olga"}), "Queued as dry run by olga.", "info"),
        (
            event(EventType.RUN_PARKED, payload={"reason": "retry"}),
            "Waits before the next try; no worker is held.",
            "info",
        ),
        (event(EventType.SIGNAL_RECEIVED, payload={"signal": "pause"}), "Asked to pause.", "info"),
        (
            event(EventType.CONFIRMATION_GIVEN, step="transfer", payload={"decision": "reject", "by": "olga"}),
            "Declined “Transfer active sessions” by olga.",
            "info",
        ),
        (
            event(EventType.ROLLBACK_STARTED, payload={"reason": "the operator asked"}),
            "Rolling back: the operator asked.",
            "warning",
        ),
        (event(EventType.LOGGED, payload={"level": "warning", "message": "Hm."}), "Hm.", "warning"),
        (event(EventType.LOGGED, payload={"level": "shout", "message": "Hm."}), "Hm.", "info"),
        (
            event(
                EventType.UNDO_FAILED,
                step="transfer",
                payload={
                    "error": {"message": "Undoing the step failed: No.", "details": {"cause": {"message": "No."}}}
                },
            ),
            "The undo of “Transfer active sessions” failed: No.",
            "error",
        ),
        (event(EventType.UNDO_FAILED, step="transfer"), "The undo of “Transfer active sessions” failed.", "error"),
        (event(EventType.RUN_STUCK), "The run is stuck and needs a person.", "error"),
    ],
)
def test_sentences_and_levels(found, text, level):
    assert text_of(found, TITLES, RunKind.DRY_RUN) == text
    assert shown_level(level_of(found)) == level


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            {"reason": "soak", "wake_at": "2026-01-01T12:03:20+00:00"},
            "Soaks: the new state proves itself until 12:03:20 UTC; no worker is held.",
        ),
        (
            {"reason": "grace", "wake_at": "2026-01-01T12:03:20+00:00"},
            "Everything is back; what was left still refuses writes until 12:03:20 UTC, for whoever comes late.",
        ),
        ({"reason": "held"}, "Held: the hand-over waits until a person releases it; no worker is held."),
    ],
)
def test_a_run_that_waits_says_for_what(payload, text):
    assert text_of(event(EventType.RUN_PARKED, payload=payload), TITLES, RunKind.APPLY) == text
