"""What every rule of the risk is shown with: a case that raises the score, and one that does not."""

from collections.abc import Iterable
from dataclasses import dataclass

from migrations_app.engine.handler import RiskCase, RiskRule


@dataclass(frozen=True)
class Pair:
    rule: RiskRule
    raises: RiskCase
    lowers: RiskCase

    def __str__(self) -> str:
        return self.rule.__name__


def weight(rule: RiskRule, case: RiskCase) -> int:
    return sum(finding.weight for finding in rule(case))


def proves(pair: Pair) -> None:
    """The finding says all it has to say, and what it advises lowers the score."""
    (finding,) = pair.rule(pair.raises)
    assert finding.weight > 0
    assert all((finding.title, finding.evidence, finding.why, finding.how_to_lower))
    assert weight(pair.rule, pair.lowers) <= 0


def unproved(rules: Iterable[RiskRule], pairs: Iterable[Pair]) -> list[str]:
    shown = {pair.rule for pair in pairs}
    return [f"{rule.__module__}.{rule.__name__}" for rule in rules if rule not in shown]
