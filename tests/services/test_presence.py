from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from migrations_app.services.actor import Actor
from migrations_app.services.errors import StepUpRequired
from migrations_app.services.presence import require_presence


@pytest.mark.parametrize("seconds", [301, -1, None])
def test_a_proof_that_is_old_of_the_future_or_missing_is_none(
    approver: Actor, now: datetime, seconds: int | None
) -> None:
    shown = None if seconds is None else now - timedelta(seconds=seconds)
    with pytest.raises(StepUpRequired, match=r"^Signing needs your password .* nothing was signed\."):
        require_presence(
            replace(approver, reauthenticated_at=shown), now=now, doing="Signing", left="nothing was signed"
        )


def test_five_minutes_are_enough(approver: Actor, now: datetime) -> None:
    present = replace(approver, reauthenticated_at=now - timedelta(seconds=300))
    require_presence(present, now=now, doing="Signing", left="nothing was signed")
