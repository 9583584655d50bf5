from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrations_app.engine.risk.waivers import Waiver, why_ended

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GIVEN = Waiver("eviction", "d1", 20, NOW + timedelta(days=7))


def ended(waiver: Waiver, **changes: Any) -> str:
    return why_ended(waiver, **{"digest": "d1", "weight": 20, "now": NOW, **changes})


def test_it_counts_while_the_plan_and_the_finding_are_as_they_were_seen() -> None:
    assert ended(GIVEN) == ""
    assert ended(GIVEN, weight=8) == ""


def test_it_ends_by_itself_at_its_moment() -> None:
    assert ended(GIVEN, now=GIVEN.until - timedelta(microseconds=1)) == ""
    assert ended(GIVEN, now=GIVEN.until) == "its time is over"


@pytest.mark.parametrize(
    ("waiver", "changes", "why"),
    [
        (replace(GIVEN, withdrawn_at=NOW), {}, "it was withdrawn"),
        (GIVEN, {"digest": "d2"}, "the plan was changed"),
        (GIVEN, {"weight": 21}, "the finding weighs 21 now and weighed 20 when it was waived"),
        (GIVEN, {"weight": 0}, "nothing is found any more"),
        (replace(GIVEN, not_eligible_because="Ann has edited it since"), {}, "Ann has edited it since"),
    ],
)
def test_it_ends_when_what_it_was_given_for_changes(waiver: Waiver, changes: dict[str, Any], why: str) -> None:
    assert ended(waiver, **changes) == why
