"""When a waived finding does not count. A waiver ends by itself: nothing has to run for it, whoever reads decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody answers for one finding of one plan for a while.

    It is bound to what was seen: the plan's digest, and what the findings of that rule weighed together.
    `not_eligible_because` says why whoever gave it could not give it today, empty: they could.
    """

    rule: str
    digest: str
    weight: int
    until: datetime
    withdrawn_at: datetime | None = None
    not_eligible_because: str = ""


def why_ended(waiver: Waiver, *, digest: str, weight: int, now: datetime) -> str:
    """Empty while it counts. `digest` and `weight` (0: there is no such finding) are those of the plan as it is now."""
    if waiver.withdrawn_at is not None and waiver.withdrawn_at <= now:
        return "it was withdrawn"
    if waiver.until <= now:
        return "its time is over"
    if waiver.digest != digest:
        return "the plan was changed"
    if weight > waiver.weight:
        return f"the finding weighs {weight} now and weighed {waiver.weight} when it was waived"
    if waiver.not_eligible_because:
        return waiver.not_eligible_because
    return "" if weight else "nothing is found any more"
