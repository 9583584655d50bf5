"""The risk of a plan at a moment, of old assessments too."""

import pytest

from migrations_app.engine.vocabulary import RiskLevel
from migrations_app.models import PlanRevision
from migrations_app.selectors.risk import WeighedFinding, level_now, risk_now, view_of, waivable_weights, without
from tests.stores_on_disk import Stage, newest
from tests.waiving import RULE, risk_of, risky, waive


def found(rule: str, weight: int) -> dict[str, object]:
    return {"rule": rule, "title": "t", "evidence": "e", "weight": weight, "why": "w", "how_to_lower": "h"}


@pytest.fixture
def old(stage: Stage) -> PlanRevision:
    """As an earlier version stored it, by rules that there are no more."""
    revision = newest(stage.planned())
    revision.findings = [found("gone.rule", 30), found("gone.rule", 20), found("safer", -5), found("told", 0)]
    revision.risk_score, revision.risk_level = 45, RiskLevel.HIGH
    revision.save()
    return revision


def test_an_assessment_by_other_rules_is_read_as_it_was_stored(stage: Stage, old: PlanRevision) -> None:
    risk = risk_now(old.migration, old, now=stage.now)

    assert (risk.score, risk.level, risk.added, risk.credited) == (45, RiskLevel.HIGH, 50, 5)
    assert [finding.rule for finding in risk.findings] == ["gone.rule", "gone.rule", "safer", "told"]
    assert waivable_weights(old) == {"gone.rule": 50}


def test_a_waiver_is_for_all_findings_of_its_rule(stage: Stage, old: PlanRevision) -> None:
    waive(stage.cast.actors["approver"], old.migration, stage.now, rule="gone.rule")
    risk = risk_now(old.migration, old, now=stage.now)

    assert (risk.score, risk.total, risk.clamped, risk.waived) == (0, -5, True, 50)
    assert [finding.counts for finding in risk.findings] == [False, False, True, True]
    assert (risk.assessed_score, risk.assessed_level) == (45, RiskLevel.HIGH)


def test_what_it_would_come_to_is_what_it_comes_to(stage: Stage) -> None:
    migration = risky(stage)
    before = risk_of(stage.operator, migration, stage.now)
    foreseen = without(before, RULE)
    waive(stage.cast.actors["approver"], migration, stage.now)
    after = risk_of(stage.operator, migration, stage.now)

    assert (foreseen.score, foreseen.level, foreseen.waived) == (after.score, after.level, after.waived)


def test_a_sum_beyond_the_scale_says_so() -> None:
    findings = tuple(WeighedFinding("r", "t", "e", weight, "w", "h") for weight in (90, 40))
    risk = view_of(findings, assessed=(100, RiskLevel.HIGH))

    assert (risk.total, risk.score, risk.clamped) == (130, 100, True)
    assert "a score is no more than 100" in risk.explanation


def test_a_level_that_was_assessed_stands_as_long_as_nothing_is_waived(stage: Stage, old: PlanRevision) -> None:
    old.risk_score, old.risk_level = 12, RiskLevel.LOW  # by other limits than today's
    old.save()
    risk = risk_now(old.migration, old, now=stage.now)

    assert (risk.score, risk.level) == (12, RiskLevel.LOW)
    assert level_now(old.migration, old, now=stage.now) is RiskLevel.LOW
