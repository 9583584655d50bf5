"""What findings add up to (DESIGN section 5: low below 15, medium below 40, high from 40)."""

from collections.abc import Iterable
from dataclasses import dataclass

from migrations_app.engine.vocabulary import RiskLevel

MEDIUM_FROM = 15
HIGH_FROM = 40
HIGHEST = 100


@dataclass(frozen=True, slots=True)
class Score:
    """`total` = `added` - `credited`; the score is that, kept within 0..100. `waived` is what does not count now."""

    added: int
    credited: int
    waived: int = 0

    @property
    def total(self) -> int:
        return self.added - self.credited

    @property
    def score(self) -> int:
        return min(HIGHEST, max(0, self.total))

    @property
    def level(self) -> RiskLevel:
        return level_of(self.score)

    @property
    def clamped(self) -> bool:
        return self.score != self.total


def level_of(score: int) -> RiskLevel:
    if score < MEDIUM_FROM:
        return RiskLevel.LOW
    return RiskLevel.MEDIUM if score < HIGH_FROM else RiskLevel.HIGH


def weigh(weights: Iterable[int], waived: Iterable[int] = ()) -> Score:
    """`weights` of the findings that count, credits negative; `waived` of those that do not while they are waived."""
    counted = list(weights)
    return Score(
        added=sum(weight for weight in counted if weight > 0),
        credited=-sum(weight for weight in counted if weight < 0),
        waived=sum(waived),
    )
