"""How risky a plan is: rules that raise or lower the score, each with its evidence and how to lower it.

A rule is a pure function of a `RiskCase`; a handler adds its own. Weights add up, credits are negative, and the sum is
kept within 0..100 (`score.py`).
"""

from collections.abc import Iterable

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import RiskAssessment
from migrations_app.engine.risk import history_rules, option_rules, place_rules, plan_rules
from migrations_app.engine.risk.score import HIGH_FROM, MEDIUM_FROM, Score, level_of, weigh

RULES: tuple[RiskRule, ...] = (*place_rules.RULES, *plan_rules.RULES, *option_rules.RULES, *history_rules.RULES)

__all__ = ["HIGH_FROM", "MEDIUM_FROM", "RULES", "Score", "assess", "level_of", "weigh"]


def assess(case: RiskCase, handler_rules: Iterable[RiskRule] = ()) -> RiskAssessment:
    """Every finding, the heaviest first, with score and level."""
    findings = [finding for rule in (*RULES, *handler_rules) for finding in rule(case)]
    findings.sort(key=lambda finding: -finding.weight)  # stable: equal weights stay in the order of the rules
    score = weigh(finding.weight for finding in findings)
    return RiskAssessment(score.score, score.level, tuple(findings))
