"""All rules together: what they add up to, and that a plan is the same whatever they say."""

from collections.abc import Sequence

from migrations_app.engine import risk
from migrations_app.engine.environment_facts import EarlierEnvironment, EnvironmentFacts
from migrations_app.engine.handler import RiskCase
from migrations_app.engine.plan import Finding
from migrations_app.engine.planner import create_plan
from migrations_app.engine.vocabulary import RiskLevel
from tests.engine.risk.cases import case, ordinary
from tests.engine.toy import ToyHandler, World, spec


def test_an_ordinary_plan_is_low_in_staging_and_medium_in_production() -> None:
    assert risk.assess(case(*ordinary())).level is RiskLevel.LOW
    assert risk.assess(case(*ordinary(), protected=True)).level is RiskLevel.MEDIUM
    careless = case(*ordinary(), protected=True, backup_enabled=False, auto_rollback=False)
    assert risk.assess(careless).level is RiskLevel.HIGH


def test_the_rules_of_a_handler_count_too_and_the_heaviest_comes_first() -> None:
    def own(case: RiskCase) -> Sequence[Finding]:
        return (Finding("own", "Own", "e", 50, "w", "h"),)

    assessment = risk.assess(case(), [own])
    assert assessment.findings[0].rule == "own"
    assert [f.weight for f in assessment.findings] == sorted((f.weight for f in assessment.findings), reverse=True)


def test_the_facts_weigh_in_the_risk_and_never_in_the_digest() -> None:
    facts = EnvironmentFacts(earlier=EarlierEnvironment("dev", 0), version_successes=0, operators=1)
    plain, known = create_plan(spec(), ToyHandler(World())), create_plan(spec(), ToyHandler(World()), facts=facts)

    assert known.assessment.score > plain.assessment.score
    assert known.plan.digest == plain.plan.digest
    assert known.plan.content() == plain.plan.content()
