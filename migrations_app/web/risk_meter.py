"""The risk of a plan as a meter that explains itself: what adds up, what is taken away, and what would lower it.

Places are percentages of the meter's width, so that it needs no scaling and its texts keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from migrations_app.engine.risk import HIGH_FROM, MEDIUM_FROM
from migrations_app.engine.vocabulary import RiskLevel
from migrations_app.selectors.risk import RiskView, WeighedFinding

HEAVY = 12  # a finding of this weight is shown as a bad one
ROOM_FOR_A_NUMBER = 4.0  # percent
ROOM_ON_A_PHONE = 9.0
MOST_WAYS = 3
GIVEN = frozenset({"protected_environment"})  # where the plan is for, which no change to the plan alters
_BELOW = {RiskLevel.HIGH: (RiskLevel.MEDIUM, HIGH_FROM), RiskLevel.MEDIUM: (RiskLevel.LOW, MEDIUM_FROM)}
_ABOVE = {RiskLevel.LOW: (RiskLevel.MEDIUM, MEDIUM_FROM), RiskLevel.MEDIUM: (RiskLevel.HIGH, HIGH_FROM)}


@dataclass(frozen=True, slots=True)
class Segment:
    """One finding's part of the meter. `tone` is bad, warn or good (taken away)."""

    x: str
    width: str
    middle: str
    weight: int
    title: str
    tone: str
    has_room: bool
    has_room_on_a_phone: bool


@dataclass(frozen=True, slots=True)
class Band:
    """One level's part of the scale."""

    level: RiskLevel
    x: str
    width: str
    middle: str
    label: str


@dataclass(frozen=True, slots=True)
class RiskMeter:
    """`why` says why it is at this level; `lower` what it takes to get to the next one, by the `ways`."""

    score: int
    level: RiskLevel
    segments: tuple[Segment, ...]
    credits: tuple[Segment, ...]
    bands: tuple[Band, ...]
    score_x: str
    why: str
    lower: str
    ways: tuple[WeighedFinding, ...]


def risk_meter(risk: RiskView) -> RiskMeter:
    adding = [finding for finding in risk.findings if finding.weight > 0 and finding.counts]
    taking = [finding for finding in risk.findings if finding.is_credit]
    top = max(100, risk.added)
    segments, reached = [], 0
    for finding in adding:
        segments.append(_segment(finding, reached, top, drawn=finding.weight))
        reached += finding.weight
    credited = []
    for finding in taking:
        left = max(reached + finding.weight, 0)
        credited.append(_segment(finding, left, top, drawn=reached - left))
        reached = left
    lower, ways = _lower(risk, adding)
    return RiskMeter(
        score=risk.score,
        level=risk.level,
        segments=tuple(segments),
        credits=tuple(credited),
        bands=_bands(top),
        score_x=_percent(risk.score, top),
        why=risk.explanation,
        lower=lower,
        ways=ways,
    )


def _segment(finding: WeighedFinding, start: int, top: int, *, drawn: int) -> Segment:
    """`drawn` is less than its weight for a credit that would go below nothing."""
    tone = "good" if finding.is_credit else "bad" if finding.weight >= HEAVY else "warn"
    share = 100 * drawn / top
    return Segment(
        _percent(start, top),
        _percent(drawn, top),
        _percent(start + drawn / 2, top),
        abs(finding.weight),
        finding.title,
        tone,
        share >= ROOM_FOR_A_NUMBER,
        share >= ROOM_ON_A_PHONE,
    )


def _bands(top: int) -> tuple[Band, ...]:
    limits = (
        (RiskLevel.LOW, 0, MEDIUM_FROM, f"under {MEDIUM_FROM}"),
        (RiskLevel.MEDIUM, MEDIUM_FROM, HIGH_FROM, f"{MEDIUM_FROM} to {HIGH_FROM - 1}"),
        (RiskLevel.HIGH, HIGH_FROM, top, f"from {HIGH_FROM}"),
    )
    return tuple(
        Band(level, _percent(start, top), _percent(end - start, top), _percent((start + end) / 2, top), label)
        for level, start, end, label in limits
    )


def _percent(amount: float, top: int) -> str:
    return f"{100 * amount / top:.2f}%"


def _lower(risk: RiskView, adding: Sequence[WeighedFinding]) -> tuple[str, tuple[WeighedFinding, ...]]:
    if risk.level not in _BELOW:
        level, limit = _ABOVE[risk.level]
        return f"It is the lowest level; {limit - risk.score} more points would make it {level}.", ()
    level, limit = _BELOW[risk.level]
    needed = risk.score - limit + 1
    ways = ways_to_lose(needed, adding)
    points = f"{needed} point{'s' if needed != 1 else ''}"
    if not ways:
        return f"It would be {level} with {points} less, which no single change to this plan brings.", ()
    how = "This alone weighs enough" if len(ways) == 1 else f"These {len(ways)} together weigh enough"
    return f"It would be {level} with {points} less. {how}:", ways


def ways_to_lose(needed: int, adding: Sequence[WeighedFinding]) -> tuple[WeighedFinding, ...]:
    """The least that has to change: one finding that is heavy enough and no heavier, else the heaviest, at most three.

    Findings about which nothing needs to be done, or which come with the place, are no ways.
    """
    open_to_change = sorted(filter(_can_change, adding), key=lambda finding: finding.weight)
    alone = next((finding for finding in open_to_change if finding.weight >= needed), None)
    if alone is not None:
        return (alone,)
    chosen: list[WeighedFinding] = []
    for finding in reversed(open_to_change[-MOST_WAYS:]):
        chosen.append(finding)
        if sum(each.weight for each in chosen) >= needed:
            return tuple(chosen)
    return ()


def _can_change(finding: WeighedFinding) -> bool:
    lower = finding.how_to_lower
    return bool(lower) and not lower.startswith("Nothing") and finding.rule not in GIVEN
