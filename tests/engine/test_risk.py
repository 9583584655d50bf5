"""Each rule raises the score where it should and stays silent, or lowers it, where it should not."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine import risk
from migrations_app.engine.handler import RiskRule, Spec
from migrations_app.engine.plan import Analysis, Finding, Step
from migrations_app.engine.vocabulary import RiskLevel, StepKind
from tests.engine.toy import spec

CALM = Analysis({}, {}, {})


def step(kind: StepKind, **changes: Any) -> Step:
    return Step(str(changes.pop("id", kind)), kind, "A step", "act", **changes)


MOVE, SAVE, CHECK = step(StepKind.MIGRATION), step(StepKind.BACKUP), step(StepKind.VERIFICATION)


def weight(rule: RiskRule, wish: Spec, steps: Sequence[Step] = (), seen: Analysis = CALM) -> int:
    findings = list(rule(wish, seen, steps))
    for finding in findings:
        assert finding.rule == rule.__name__
        assert all((finding.title, finding.evidence, finding.why, finding.how_to_lower))
    return sum(finding.weight for finding in findings)


def options(**chosen: Any) -> Spec:
    return spec(options=chosen)


WARNING = Analysis({}, {}, {}, warnings=("a", "b"))
SLOW = step(StepKind.MIGRATION, estimated_seconds=3600)

# (rule, what raises it, what lowers or silences it); each a (spec, steps, analysis)
CASES: list[tuple[RiskRule, tuple[Spec, Sequence[Step], Analysis], tuple[Spec, Sequence[Step], Analysis]]] = [
    (risk.protected_environment, (spec(protected=True), (), CALM), (spec(), (), CALM)),
    (risk.live_effects, (spec(), (MOVE,), CALM), (spec(), (CHECK,), CALM)),
    (risk.irreversible_steps, (spec(), (step(StepKind.CLEANUP, reversible=False),), CALM), (spec(), (MOVE,), CALM)),
    (risk.backup, (spec(), (MOVE,), CALM), (spec(), (SAVE,), CALM)),
    (risk.backup, (options(backup_enabled=False), (SAVE,), CALM), (spec(), (SAVE,), CALM)),
    (risk.verification, (spec(), (MOVE,), CALM), (spec(), (CHECK,), CALM)),
    (risk.rollback_options, (options(rollback_enabled=False), (), CALM), (spec(), (), CALM)),
    (risk.rollback_options, (options(auto_rollback=False), (), CALM), (spec(), (), CALM)),
    (risk.preparation, (options(dry_run_required=False), (), CALM), (spec(), (), CALM)),
    (risk.validation_level, (options(validation_level="basic"), (), CALM), (spec(), (), CALM)),
    (risk.write_pause, (spec(), (), CALM), (options(zero_downtime=True), (), CALM)),
    (risk.duration, (spec(), (SLOW,), CALM), (spec(), (MOVE,), CALM)),
    (risk.time_limit, (options(timeout=60_000), (SLOW,), CALM), (spec(), (MOVE,), CALM)),
    (risk.load, (options(batch_size=20_000), (), CALM), (spec(), (), CALM)),
    (risk.load, (options(parallel_workers=16), (), CALM), (spec(), (), CALM)),
    (risk.analysis_warnings, (spec(), (), WARNING), (spec(), (), CALM)),
]


@pytest.mark.parametrize(("rule", "raises", "lowers"), CASES)
def test_a_rule_raises_and_lowers(
    rule: RiskRule,
    raises: tuple[Spec, Sequence[Step], Analysis],
    lowers: tuple[Spec, Sequence[Step], Analysis],
) -> None:
    assert weight(rule, *raises) > 0
    assert weight(rule, *lowers) <= 0


def test_every_rule_has_a_case_and_there_are_at_least_eight() -> None:
    assert {rule.__name__ for rule, *_ in CASES} == {rule.__name__ for rule in risk.RULES}
    assert len(risk.RULES) >= 8


@pytest.mark.parametrize(
    ("score", "level"),
    [(0, RiskLevel.LOW), (14, RiskLevel.LOW), (15, RiskLevel.MEDIUM), (39, RiskLevel.MEDIUM), (40, RiskLevel.HIGH)],
)
def test_levels(score: int, level: RiskLevel) -> None:
    assert risk.level_of(score) is level


def test_an_ordinary_plan_is_low_in_staging_and_medium_in_production() -> None:
    steps = (SAVE, step(StepKind.MIGRATION, id="a"), step(StepKind.MIGRATION, id="b"), CHECK)
    assert risk.assess(spec(), CALM, steps).level is RiskLevel.LOW
    assert risk.assess(spec(protected=True), CALM, steps).level is RiskLevel.MEDIUM
    careless = spec(protected=True, options={"backup_enabled": False, "auto_rollback": False})
    assert risk.assess(careless, CALM, steps).level is RiskLevel.HIGH


def test_the_rules_of_a_handler_count_too_and_the_heaviest_comes_first() -> None:
    def own(wish: Spec, seen: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
        return (Finding("own", "Own", "e", 50, "w", "h"),)

    assessment = risk.assess(spec(), CALM, (), [own])
    assert assessment.findings[0].rule == "own"
    assert [f.weight for f in assessment.findings] == sorted((f.weight for f in assessment.findings), reverse=True)


@given(st.lists(st.integers(-200, 200), max_size=6))
def test_the_score_stays_between_0_and_100(weights: list[int]) -> None:
    def own(wish: Spec, seen: Analysis, steps: Sequence[Step]) -> Sequence[Finding]:
        return [Finding("own", "Own", "e", each, "w", "h") for each in weights]

    assert 0 <= risk.assess(spec(), CALM, (), [own]).score <= 100
